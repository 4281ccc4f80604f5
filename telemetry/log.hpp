// Structured logging: one line per event, as JSON for programs or as text for people at a terminal.
//
//   log.info("container started", {{Field::key, "user/c123"}, {Field::duration_ms, 12}});
//
// A message is a literal of the source, everything that varies goes into allow-listed fields
// (log_field.hpp), and every value is masked by Redactor, escaped and cut to 300 bytes: a line is
// one line, and no input makes it long.
//
// A Logger is a small value; its copies and derivatives share one output. All members may be called
// from any thread at any time. Logging never throws; what cannot be written is counted
// (dropped_lines).
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <iosfwd>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "telemetry/log_field.hpp"

namespace mosaic {

enum class LogLevel : std::uint8_t { debug, info, warning, error, off };

std::string_view to_string(LogLevel level);
// "debug", "info", "warning" (or "warn"), "error", "off"; nothing for anything else.
std::optional<LogLevel> parse_log_level(std::string_view word);

enum class LogFormat : std::uint8_t {
  automatic,  // text when the output is a terminal, else JSON
  json,  // one object per line: time (RFC 3339, UTC, milliseconds), level, message, then what is
         // set
  text,  // for people; coloured when the output is a terminal
};

struct LogOptions {
  LogLevel level = LogLevel::info;
  LogFormat format = LogFormat::automatic;
  // Tests put a fixed time here.
  std::function<std::chrono::system_clock::time_point()> now = std::chrono::system_clock::now;
};

// A text that stands in the source, so that no value can end up in a message. Anything else does
// not compile.
class LogMessage {
 public:
  template <std::size_t Size>
  consteval LogMessage(const char (&literal)[Size])
      : text_(literal, Size - 1) {}  // implicit: log.info("…")

  std::string_view text() const { return text_; }

 private:
  std::string_view text_;
};

class Logger {
 public:
  using Fields = std::initializer_list<LogField>;

  static constexpr std::size_t max_value_bytes = 300;
  static constexpr std::size_t max_name_bytes = 64;  // of a component and a correlation id
  static constexpr std::size_t max_fields = 16;      // of one line; more are left out

  // To the process's standard error.
  static Logger to_stderr(LogOptions options = {});
  // To a stream that outlives every copy of the logger; never coloured.
  static Logger to_stream(std::ostream& stream, LogOptions options = {});
  // For tests and tools that have nothing to say.
  static Logger silent();

  // The same output, with every line carrying the part of the program, or the id of the request or
  // reconcile, that it belongs to.
  Logger with_component(std::string_view component) const;
  Logger with_correlation(std::string_view correlation_id) const;

  bool enabled(LogLevel level) const;

  void debug(LogMessage message, Fields fields = {}) const {
    write(LogLevel::debug, message, fields);
  }
  void info(LogMessage message, Fields fields = {}) const {
    write(LogLevel::info, message, fields);
  }
  void warning(LogMessage message, Fields fields = {}) const {
    write(LogLevel::warning, message, fields);
  }
  void error(LogMessage message, Fields fields = {}) const {
    write(LogLevel::error, message, fields);
  }

  // Lines lost since the start because they could not be written.
  std::uint64_t dropped_lines() const;

 private:
  struct Output;

  explicit Logger(std::shared_ptr<Output> output) : output_(std::move(output)) {}

  void write(LogLevel level, LogMessage message, Fields fields) const noexcept;

  std::shared_ptr<Output> output_;
  std::string component_;
  std::string correlation_id_;
};

}  // namespace mosaic
