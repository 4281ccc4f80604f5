// Where time comes from. Everything whose behaviour depends on time takes a Clock, so that tests
// and the simulation advance it instead of sleeping.
//
// Thread-safety: every method may be called from any thread.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace mosaic {

using Duration = std::chrono::milliseconds;

// Wall-clock time in UTC. Rows keep milliseconds (TIMESTAMP(3)), so nothing finer is compared with
// them.
using TimePoint = std::chrono::time_point<std::chrono::system_clock, Duration>;

// Monotone time of this process; for deadlines and durations, never stored.
using SteadyTime = std::chrono::steady_clock::time_point;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimePoint now() const = 0;
  virtual SteadyTime steady_now() const = 0;
};

class SystemClock final : public Clock {
 public:
  TimePoint now() const override;
  SteadyTime steady_now() const override;
};

// "2026-01-31T12:34:56.789Z".
std::string to_iso8601(TimePoint time);

// A short duration for people: "240 ms", "9.4 s", "12 min", "3 h".
std::string to_human(Duration duration);

}  // namespace mosaic
