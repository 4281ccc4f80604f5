#include "runtime/docker/circuit_breaker.hpp"

#include <algorithm>

namespace mosaic {

bool CircuitBreaker::allow() {
  const std::lock_guard lock(mutex_);
  switch (state_) {
    case State::closed:
      return true;
    case State::half_open:
      return false;
    case State::open:
      break;
  }
  if (clock_.steady_now() < next_try_) return false;
  state_ = State::half_open;
  return true;
}

void CircuitBreaker::answered() {
  const std::lock_guard lock(mutex_);
  state_ = State::closed;
  failures_ = 0;
}

void CircuitBreaker::failed() {
  const std::lock_guard lock(mutex_);
  switch (state_) {
    case State::closed:
      if (++failures_ >= failures_to_open) open(first_wait);
      break;
    case State::half_open:
      open(std::min(wait_ * 2, longest_wait));
      break;
    case State::open:
      break;  // a call that was under way when it opened: nothing new is learnt
  }
}

bool CircuitBreaker::is_open() const {
  const std::lock_guard lock(mutex_);
  return state_ != State::closed;
}

Duration CircuitBreaker::until_next_try() const {
  const std::lock_guard lock(mutex_);
  if (state_ != State::open) return Duration::zero();
  return std::max(Duration::zero(), std::chrono::ceil<Duration>(next_try_ - clock_.steady_now()));
}

void CircuitBreaker::open(Duration wait) {
  state_ = State::open;
  failures_ = 0;
  wait_ = wait;
  next_try_ = clock_.steady_now() + wait;
}

}  // namespace mosaic
