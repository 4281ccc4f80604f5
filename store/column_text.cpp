#include "store/column_text.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>

namespace mosaic {
namespace {

// Reads `digits` decimal digits at `position`; -1 when they are not all digits.
int read_number(std::string_view text, std::size_t position, std::size_t digits) {
  if (position + digits > text.size()) return -1;
  int value = 0;
  for (std::size_t index = position; index < position + digits; ++index) {
    const char character = text[index];
    if (character < '0' || character > '9') return -1;
    value = value * 10 + (character - '0');
  }
  return value;
}

std::string text_member(const nlohmann::json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

std::string timestamp_text(TimePoint time) {
  std::string text = to_iso8601(time);  // 2026-01-31T12:34:56.789Z
  text[10] = ' ';
  text.pop_back();
  return text;
}

Parameter timestamp_parameter(const std::optional<TimePoint>& time) {
  if (!time) return std::nullopt;
  return timestamp_text(*time);
}

std::optional<TimePoint> parse_timestamp(std::string_view text) {
  if (text.size() < 19 || text.size() > 26 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const int year = read_number(text, 0, 4);
  const int month = read_number(text, 5, 2);
  const int day = read_number(text, 8, 2);
  const int hour = read_number(text, 11, 2);
  const int minute = read_number(text, 14, 2);
  const int second = read_number(text, 17, 2);
  if (year < 1 || month < 1 || day < 1 || hour < 0 || minute < 0 || second < 0) return std::nullopt;
  int milliseconds = 0;
  if (text.size() > 20 && text[19] == '.') {
    const std::size_t digits = std::min<std::size_t>(3, text.size() - 20);
    milliseconds = read_number(text, 20, digits);
    if (milliseconds < 0) return std::nullopt;
    for (std::size_t place = digits; place < 3; ++place) milliseconds *= 10;
  }
  const std::chrono::year_month_day date{std::chrono::year{year},
                                         std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok()) return std::nullopt;
  return TimePoint(std::chrono::sys_days(date).time_since_epoch() + std::chrono::hours(hour) +
                   std::chrono::minutes(minute) + std::chrono::seconds(second) +
                   Duration(milliseconds));
}

Parameter text_parameter(const std::string& text) {
  if (text.empty()) return std::nullopt;
  return storable_text(text);
}

Parameter number_parameter(const std::optional<std::int64_t>& number) {
  if (!number) return std::nullopt;
  return std::to_string(*number);
}

std::string conditions_json(const std::vector<Condition>& conditions) {
  auto array = nlohmann::json::array();
  for (const auto& condition : conditions) {
    array.push_back({{"type", storable_text(condition.type)},
                     {"status", to_string(condition.status)},
                     {"reason", storable_text(condition.reason)},
                     {"message", storable_text(condition.message)},
                     {"lastTransitionTime", to_iso8601(condition.last_transition)}});
  }
  return array.dump();
}

std::vector<Condition> parse_conditions(std::string_view json) {
  std::vector<Condition> conditions;
  if (json == "[]" || json.empty()) return conditions;
  const auto array = nlohmann::json::parse(json, nullptr, false);
  if (!array.is_array()) return conditions;
  for (const auto& item : array) {
    if (!item.is_object() || text_member(item, "type").empty()) continue;
    Condition condition;
    condition.type = text_member(item, "type");
    condition.status =
        parse_condition_status(text_member(item, "status")).value_or(ConditionStatus::unknown);
    condition.reason = text_member(item, "reason");
    condition.message = text_member(item, "message");
    std::string time = text_member(item, "lastTransitionTime");
    if (!time.empty() && time.back() == 'Z') time.pop_back();
    condition.last_transition = parse_timestamp(time).value_or(TimePoint{});
    conditions.push_back(std::move(condition));
  }
  std::sort(conditions.begin(), conditions.end(),
            [](const Condition& left, const Condition& right) { return left.type < right.type; });
  return conditions;
}

std::string strings_json(const std::vector<std::string>& strings) {
  auto array = nlohmann::json::array();
  for (const auto& text : strings) array.push_back(storable_text(text));
  return array.dump();
}

std::vector<std::string> parse_strings(std::string_view json) {
  std::vector<std::string> strings;
  const auto array = nlohmann::json::parse(json, nullptr, false);
  if (!array.is_array()) return strings;
  for (const auto& item : array) {
    if (item.is_string()) strings.push_back(item.get<std::string>());
  }
  return strings;
}

}  // namespace mosaic
