#include "telemetry/log_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <string>

#include "telemetry/redactor.hpp"

namespace mosaic::log_text {
namespace {

constexpr std::string_view ellipsis = "…";
// Of a long value only so much is looked at: many times what can be shown, and little enough to
// scan on a hot path.
constexpr std::size_t window_bytes = 4096;

struct CodePoint {
  char32_t value = 0;
  std::size_t bytes = 1;
  bool valid = false;
};

CodePoint decode(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  if (lead < 0x80) return {lead, 1, true};
  const std::size_t bytes = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < bytes) return {};
  char32_t value = lead & (0x7fU >> bytes);
  for (std::size_t index = 1; index < bytes; ++index) {
    const auto byte = static_cast<unsigned char>(text[index]);
    if ((byte & 0xc0) != 0x80) return {};
    value = value << 6 | (byte & 0x3fU);
  }
  constexpr std::array<char32_t, 5> least{0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = value >= 0xd800 && value < 0xe000;
  if (value < least[bytes] || surrogate || value > 0x10ffff) return {};
  return {value, bytes, true};
}

bool disguises_text(char32_t value) {
  if (value < 0x20 || (value >= 0x7f && value < 0xa0)) return true;
  if (value == 0x61c || value == 0xfeff) return true;
  return (value >= 0x200b && value <= 0x200f) || (value >= 0x2028 && value <= 0x202e) ||
         (value >= 0x2066 && value <= 0x2069);
}

std::string unicode_escape(char32_t value) {
  std::array<char, 8> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "\\u%04x", static_cast<unsigned>(value & 0xffff));
  return buffer.data();
}

std::string escaped(const CodePoint& point, std::string_view bytes) {
  if (!point.valid) return "\xef\xbf\xbd";
  switch (point.value) {
    case '"':
      return "\\\"";
    case '\\':
      return "\\\\";
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\t':
      return "\\t";
    default:
      return disguises_text(point.value) ? unicode_escape(point.value) : std::string(bytes);
  }
}

// The part of a value that is looked at, ending where a word ends: half a secret would not be
// recognised as one.
std::string_view windowed(std::string_view value) {
  if (value.size() <= window_bytes) return value;
  const std::string_view window = value.substr(0, window_bytes);
  const std::size_t last_space = window.find_last_of(" \t\r\n");
  if (last_space != std::string_view::npos) return window.substr(0, last_space);
  const std::size_t url = window.find("://");
  return url != std::string_view::npos ? window.substr(0, url) : window;
}

std::string number_text(double number) {
  if (!std::isfinite(number))
    return std::isnan(number) ? "\"NaN\"" : number > 0 ? "\"+Inf\"" : "\"-Inf\"";
  std::array<char, 32> buffer{};
  const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number);
  return {buffer.data(), end};
}

struct ValueText {
  bool as_json;

  std::string operator()(std::string_view text) const {
    const std::string value = printable(text, Logger::max_value_bytes);
    const bool bare =
        !as_json && !value.empty() && value.find_first_of(" =\\") == std::string::npos;
    return bare ? value : '"' + value + '"';
  }
  std::string operator()(std::int64_t number) const { return std::to_string(number); }
  std::string operator()(std::uint64_t number) const { return std::to_string(number); }
  std::string operator()(double number) const { return number_text(number); }
  std::string operator()(bool yes) const { return yes ? "true" : "false"; }
};

std::span<const LogField> bounded(std::span<const LogField> fields) {
  return fields.first(std::min(fields.size(), Logger::max_fields));
}

std::string_view colour_of(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return "\x1b[2m";
    case LogLevel::info:
      return "\x1b[32m";
    case LogLevel::warning:
      return "\x1b[33m";
    default:
      return "\x1b[31m";
  }
}

void append_member(std::string& json, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  json.append(",\"")
      .append(name)
      .append("\":\"")
      .append(printable(value, Logger::max_name_bytes))
      .append("\"");
}

}  // namespace

std::string printable(std::string_view value, std::size_t max_bytes) {
  const std::string_view window = windowed(value);
  const std::string redacted = Redactor().redact(window);
  std::string text;
  std::size_t fits_with_ellipsis = 0;
  bool cut = window.size() < value.size();
  for (std::size_t index = 0; index < redacted.size();) {
    const std::string_view rest = std::string_view(redacted).substr(index);
    const CodePoint point = decode(rest);
    const std::string piece = escaped(point, rest.substr(0, point.bytes));
    if (text.size() + ellipsis.size() <= max_bytes) fits_with_ellipsis = text.size();
    if (text.size() + piece.size() > max_bytes) {
      cut = true;
      break;
    }
    text += piece;
    index += point.bytes;
  }
  if (!cut) return text;
  if (text.size() + ellipsis.size() > max_bytes) text.resize(fits_with_ellipsis);
  return text.append(ellipsis);
}

std::string rfc3339(std::chrono::system_clock::time_point time) {
  const auto milliseconds = std::chrono::floor<std::chrono::milliseconds>(time);
  const auto day = std::chrono::floor<std::chrono::days>(milliseconds);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(milliseconds - day);
  std::array<char, 64> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
                static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()),
                static_cast<int>(clock.subseconds().count()));
  return buffer.data();
}

std::string as_json(const Line& line) {
  std::string json = "{\"time\":\"" + rfc3339(line.time) + "\",\"level\":\"";
  json.append(to_string(line.level)).append("\",\"message\":\"");
  json.append(printable(line.message, Logger::max_value_bytes)).append("\"");
  append_member(json, "component", line.component);
  append_member(json, "correlation_id", line.correlation_id);
  for (const LogField& field : bounded(line.fields)) {
    json.append(",\"")
        .append(to_string(field.field))
        .append("\":")
        .append(std::visit(ValueText{true}, field.value));
  }
  return json.append("}");
}

std::string as_text(const Line& line, bool coloured) {
  const std::string_view dim = coloured ? "\x1b[2m" : "";
  const std::string_view plain = coloured ? "\x1b[0m" : "";
  std::string level(to_string(line.level));
  level.resize(std::max<std::size_t>(level.size(), 7), ' ');
  std::string text(dim);
  text.append(rfc3339(line.time)).append(plain).append(" ");
  text.append(coloured ? colour_of(line.level) : "").append(level).append(plain).append(" ");
  if (!line.component.empty())
    text.append(printable(line.component, Logger::max_name_bytes)).append(": ");
  text.append(printable(line.message, Logger::max_value_bytes));
  for (const LogField& field : bounded(line.fields)) {
    text.append(" ").append(dim).append(to_string(field.field)).append("=").append(plain);
    text.append(std::visit(ValueText{false}, field.value));
  }
  if (!line.correlation_id.empty()) {
    text.append(" ").append(dim).append("correlation_id=").append(plain);
    text.append(printable(line.correlation_id, Logger::max_name_bytes));
  }
  return text;
}

}  // namespace mosaic::log_text
