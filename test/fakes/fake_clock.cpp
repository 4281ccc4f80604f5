#include "test/fakes/fake_clock.hpp"

#include <stdexcept>

namespace mosaic {

namespace {
// A monotone clock that begins at zero would make "deadline minus something" underflow into the past.
constexpr auto steady_origin = SteadyTime(std::chrono::hours(1));
}  // namespace

FakeClock::FakeClock(TimePoint start) : start_(start) {}

TimePoint FakeClock::now() const {
  const std::lock_guard lock(mutex_);
  return start_ + wall_step_ + std::chrono::floor<Duration>(elapsed_);
}

SteadyTime FakeClock::steady_now() const {
  const std::lock_guard lock(mutex_);
  return steady_origin + elapsed_;
}

void FakeClock::advance(std::chrono::microseconds step) {
  if (step.count() < 0) throw std::invalid_argument("a clock does not run backwards");
  const std::lock_guard lock(mutex_);
  elapsed_ += step;
}

void FakeClock::step_wall_clock(Duration step) {
  const std::lock_guard lock(mutex_);
  wall_step_ += step;
}

}  // namespace mosaic
