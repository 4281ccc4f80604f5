#include "model/clock.hpp"

#include <cstdio>
#include <ctime>

namespace mosaic {

TimePoint SystemClock::now() const {
  return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
}

SteadyTime SystemClock::steady_now() const { return std::chrono::steady_clock::now(); }

std::string to_iso8601(TimePoint time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const auto milliseconds = static_cast<unsigned>((time - seconds).count());
  const std::time_t calendar = std::chrono::system_clock::to_time_t(seconds);
  std::tm utc{};
  gmtime_r(&calendar, &utc);
  char date[32];
  std::strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &utc);
  char text[48];
  std::snprintf(text, sizeof text, "%s.%03uZ", date, milliseconds);
  return text;
}

std::string to_human(Duration duration) {
  const auto milliseconds = duration.count();
  char text[48];
  if (milliseconds < 1000) {
    std::snprintf(text, sizeof text, "%lld ms", static_cast<long long>(milliseconds));
  } else if (milliseconds < 120'000) {
    std::snprintf(text, sizeof text, "%.1f s", static_cast<double>(milliseconds) / 1000.0);
  } else if (milliseconds < 7'200'000) {
    std::snprintf(text, sizeof text, "%lld min", static_cast<long long>(milliseconds / 60'000));
  } else {
    std::snprintf(text, sizeof text, "%lld h", static_cast<long long>(milliseconds / 3'600'000));
  }
  return text;
}

}  // namespace mosaic
