// How long an operation on a socket may wait: until a moment of monotone time, or until somebody interrupts it.
//
// Thread-safety: raise() may be called from any thread, also while others wait; a raised Interrupt stays raised.
#pragma once

#include <chrono>

namespace mosaic {

class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  void raise() noexcept;
  bool raised() const noexcept;
  // Becomes readable when raised, and stays so.
  int descriptor() const noexcept { return descriptor_; }
  // Sleeps until raised or the time has passed; true when raised.
  bool wait_for(std::chrono::milliseconds time) const;

 private:
  int descriptor_;
};

// `interrupt` may be null: then only time ends the wait. Sockets wait in real time, so this is no Clock's time.
struct WaitLimit {
  std::chrono::steady_clock::time_point until;
  const Interrupt* interrupt = nullptr;

  static WaitLimit in(std::chrono::milliseconds time, const Interrupt* interrupt = nullptr) {
    return WaitLimit{std::chrono::steady_clock::now() + time, interrupt};
  }
};

enum class WaitOutcome { ready, time_up, interrupted };

// Waits until `descriptor` can be read (POLLIN) or written (POLLOUT); errors on it count as ready, the next read or
// write tells them.
WaitOutcome wait_for_socket(int descriptor, short events, const WaitLimit& limit);

}  // namespace mosaic
