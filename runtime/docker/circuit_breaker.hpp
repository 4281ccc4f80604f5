// Stops asking a server that does not answer: opens after so many transport errors in a row, then lets one call
// through after 1 s, 2 s, 4 s … up to 30 s, and closes at the first answer.
//
// Thread-safety: every method may be called from any thread. Every allowed call ends with answered() or failed().
#pragma once

#include <chrono>
#include <mutex>

#include "model/clock.hpp"

namespace mosaic {

class CircuitBreaker {
 public:
  static constexpr int failures_to_open = 5;
  static constexpr Duration first_wait = std::chrono::seconds(1);
  static constexpr Duration longest_wait = std::chrono::seconds(30);

  explicit CircuitBreaker(const Clock& clock) : clock_(clock) {}

  // False: do not call. True while half open for one call at a time.
  bool allow();
  void answered();
  void failed();
  bool is_open() const;
  Duration until_next_try() const;

 private:
  enum class State { closed, open, half_open };

  void open(Duration wait);

  const Clock& clock_;
  mutable std::mutex mutex_;
  State state_ = State::closed;
  int failures_ = 0;
  Duration wait_ = first_wait;
  SteadyTime next_try_{};
};

}  // namespace mosaic
