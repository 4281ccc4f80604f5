// A clock that stands still until a test moves it. Wall-clock and monotone time move together.
//
// Thread-safety: every method may be called from any thread.
#pragma once

#include <mutex>

#include "model/clock.hpp"

namespace mosaic {

class FakeClock final : public Clock {
 public:
  // Any fixed moment does; the default is 2026-01-01T00:00:00Z.
  explicit FakeClock(TimePoint start = TimePoint(std::chrono::milliseconds(1'767'225'600'000)));

  TimePoint now() const override;
  SteadyTime steady_now() const override;

  // Finer than Duration, so that tests can step in microseconds. Never negative.
  void advance(std::chrono::microseconds step);
  // What an NTP step or an operator does: wall-clock time jumps, monotone time does not.
  void step_wall_clock(Duration step);

 private:
  mutable std::mutex mutex_;
  TimePoint start_;
  std::chrono::microseconds elapsed_{0};
  Duration wall_step_{0};
};

}  // namespace mosaic
