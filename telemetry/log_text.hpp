// The spelling of one log line. Pure functions; safe from any thread.
//
// Whatever the inputs, a line holds no control character, is valid UTF-8 and has a bounded length.
#pragma once

#include <chrono>
#include <span>
#include <string>
#include <string_view>

#include "telemetry/log.hpp"

namespace mosaic::log_text {

struct Line {
  std::chrono::system_clock::time_point time;
  LogLevel level;
  std::string_view message;
  std::string_view component;
  std::string_view correlation_id;
  std::span<const LogField> fields;
};

// Both without the line break.
std::string as_json(const Line& line);
std::string as_text(const Line& line, bool coloured);

// Masks secrets, escapes control characters, quotes, backslashes, and what could disguise text
// (bidirectional and line separators) as JSON does, replaces invalid UTF-8 by U+FFFD, and cuts what
// is then longer than `max_bytes`, ending it with "…". Fit for the inside of a JSON string.
std::string printable(std::string_view value, std::size_t max_bytes);

// "2026-01-02T03:04:05.678Z".
std::string rfc3339(std::chrono::system_clock::time_point time);

}  // namespace mosaic::log_text
