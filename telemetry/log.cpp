#include "telemetry/log.hpp"

#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/ostream_sink.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <mutex>
#include <utility>

#include "telemetry/log_text.hpp"

namespace mosaic {
namespace {

struct LevelName {
  LogLevel level;
  std::string_view name;
};
constexpr std::array<LevelName, 5> level_names{{{LogLevel::debug, "debug"},
                                                {LogLevel::info, "info"},
                                                {LogLevel::warning, "warning"},
                                                {LogLevel::error, "error"},
                                                {LogLevel::off, "off"}}};

// Writes each line at once and reports what did not go out; spdlog's own sink ignores the result of
// its writes.
class DescriptorSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit DescriptorSink(int descriptor) : descriptor_(descriptor) {}

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    const char* rest = line.data();
    std::size_t size = line.size();
    while (size > 0) {
      const ::ssize_t written = ::write(descriptor_, rest, size);
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) throw spdlog::spdlog_ex("the log cannot be written", errno);
      rest += written;
      size -= static_cast<std::size_t>(written);
    }
  }
  void flush_() override {}

 private:
  int descriptor_;
};

}  // namespace

std::string_view to_string(LogLevel level) {
  for (const auto& [candidate, name] : level_names) {
    if (candidate == level) return name;
  }
  return "unknown";
}

std::optional<LogLevel> parse_log_level(std::string_view word) {
  if (word == "warn") return LogLevel::warning;
  for (const auto& [level, name] : level_names) {
    if (name == word) return level;
  }
  return std::nullopt;
}

struct Logger::Output {
  Output(spdlog::sink_ptr sink, LogOptions log_options, bool terminal)
      : options(std::move(log_options)),
        text(options.format == LogFormat::text ||
             (options.format == LogFormat::automatic && terminal)),
        coloured(terminal),
        logger("mosaic", std::move(sink)) {
    logger.set_pattern("%v", spdlog::pattern_time_type::utc);
    logger.set_level(spdlog::level::trace);
    logger.flush_on(spdlog::level::trace);
    logger.set_error_handler([this](const std::string&) { ++dropped; });
  }

  const LogOptions options;
  const bool text;
  const bool coloured;
  std::atomic<std::uint64_t> dropped{0};
  spdlog::logger logger;
};

Logger Logger::to_stderr(LogOptions options) {
  auto sink = std::make_shared<DescriptorSink>(STDERR_FILENO);
  return Logger(
      std::make_shared<Output>(std::move(sink), std::move(options), ::isatty(STDERR_FILENO) == 1));
}

Logger Logger::to_stream(std::ostream& stream, LogOptions options) {
  auto sink = std::make_shared<spdlog::sinks::ostream_sink_mt>(stream, true);
  return Logger(std::make_shared<Output>(std::move(sink), std::move(options), false));
}

Logger Logger::silent() {
  LogOptions options;
  options.level = LogLevel::off;
  return to_stderr(std::move(options));
}

Logger Logger::with_component(std::string_view component) const {
  Logger derived = *this;
  derived.component_ = component.substr(0, max_name_bytes);
  return derived;
}

Logger Logger::with_correlation(std::string_view correlation_id) const {
  Logger derived = *this;
  derived.correlation_id_ = correlation_id.substr(0, max_name_bytes);
  return derived;
}

bool Logger::enabled(LogLevel level) const {
  return level >= output_->options.level && level != LogLevel::off;
}

std::uint64_t Logger::dropped_lines() const { return output_->dropped; }

void Logger::write(LogLevel level, LogMessage message, Fields fields) const noexcept {
  if (!enabled(level)) return;
  try {
    const log_text::Line line{output_->options.now(), level,
                              message.text(),         component_,
                              correlation_id_,        std::span(fields.begin(), fields.size())};
    const std::string spelled =
        output_->text ? log_text::as_text(line, output_->coloured) : log_text::as_json(line);
    output_->logger.log(spdlog::level::info, spdlog::string_view_t(spelled.data(), spelled.size()));
  } catch (...) {
    // The one place where nothing can be said: what failed is the saying. It shows in
    // dropped_lines().
    ++output_->dropped;
  }
}

}  // namespace mosaic
