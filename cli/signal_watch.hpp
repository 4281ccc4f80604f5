// SIGTERM, SIGINT and SIGHUP as events of the main thread instead of interruptions of whichever
// thread is running.
//
// Construct before any other thread is started: threads inherit that these signals are blocked.
// Main thread only.
#pragma once

#include <signal.h>

#include <atomic>
#include <chrono>
#include <optional>
#include <thread>

namespace mosaic::cli {

class SignalWatch {
 public:
  SignalWatch();
  ~SignalWatch();  // the signals do again what they did before
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;

  // The signal's number, or nothing when none came in time.
  std::optional<int> wait(std::chrono::milliseconds limit);

  // From now on the next signal ends the process at once: who asks twice does not want to wait.
  void exit_on_next();

 private:
  sigset_t signals_{};
  sigset_t before_{};
  std::atomic<bool> ended_{false};
  std::thread impatience_;
};

}  // namespace mosaic::cli
