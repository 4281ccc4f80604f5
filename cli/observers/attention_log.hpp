// Lines that an operator should read, each at most once a minute: what goes on failing every second
// is one line.
//
// Thread-safe.
#pragma once

#include <map>
#include <mutex>
#include <string>

#include "model/clock.hpp"
#include "telemetry/log.hpp"

namespace mosaic::cli {

class AttentionLog {
 public:
  AttentionLog(const Clock& clock, const Logger& log)
      : clock_(clock), log_(log.with_component("controller")) {}

  void report(const std::string& line) {
    const std::lock_guard lock(mutex_);
    const SteadyTime now = clock_.steady_now();
    std::erase_if(told_, [&](const auto& told) { return now - told.second >= repeat_after; });
    if (told_.size() >= max_lines || !told_.emplace(line, now).second) return;
    log_.warning("needs attention", {{Field::reason, line}});
  }

 private:
  static constexpr Duration repeat_after = std::chrono::minutes(1);
  static constexpr std::size_t max_lines = 100;

  const Clock& clock_;
  const Logger log_;
  std::mutex mutex_;
  std::map<std::string, SteadyTime> told_;
};

}  // namespace mosaic::cli
