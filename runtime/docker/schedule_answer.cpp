#include "runtime/docker/schedule_answer.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace mosaic {
namespace {

// Jobs further away than this are as good as none: the next sleep reads anew.
constexpr std::int64_t furthest_ms = 366LL * 24 * 3600 * 1000;
constexpr std::size_t most_digits = 15;

// "name VALUE " off the front of the text; nothing when it is not there.
std::optional<std::string_view> take_value(std::string_view& text, std::string_view name) {
  if (!text.starts_with(name) || text.size() <= name.size() || text[name.size()] != ' ')
    return std::nullopt;
  text.remove_prefix(name.size() + 1);
  const std::size_t end = std::min(text.find_first_of(" \n"), text.size());
  const std::string_view value = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return value;
}

std::optional<std::int64_t> number(std::string_view digits) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  const bool whole = error == std::errc() && end == digits.data() + digits.size();
  if (!whole || digits.empty() || digits.size() > most_digits || value < 0) return std::nullopt;
  return value;
}

ScheduleView unknown(std::string reason) {
  ScheduleView view;
  view.known = false;
  view.unknown_reason = std::move(reason);
  return view;
}

std::optional<TimePoint> relative(std::int64_t there, std::int64_t now_there, TimePoint now) {
  const std::int64_t away = std::clamp(there - now_there, -furthest_ms, furthest_ms);
  if (away == furthest_ms) return std::nullopt;
  return now + Duration(away);
}

}  // namespace

ScheduleView schedule_from_answer(int exit_code, std::string_view line, TimePoint now) {
  if (exit_code == 126 || exit_code == 127)
    return unknown("its image has no node to read OpenClaw's jobs with");
  if (exit_code != 0) return unknown("this version of OpenClaw keeps its jobs in another way");
  const auto now_there = take_value(line, "now");
  const auto next = take_value(line, "next");
  const auto running = take_value(line, "running");
  const auto watching = take_value(line, "watching");
  if (!now_there || !next || !running || !watching || !line.empty())
    return unknown("the agent's answer is not understood");
  const auto base = number(*now_there);
  const auto next_ms = number(*next);
  const auto running_ms = number(*running);
  const auto watchers = number(*watching);
  const bool right =
      base && watchers && (next_ms || *next == "-") && (running_ms || *running == "-");
  if (!right) return unknown("the agent's answer is not understood");
  ScheduleView view;
  if (next_ms) view.next_due_at = relative(*next_ms, *base, now);
  if (running_ms) view.running_since = relative(*running_ms, *base, now);
  view.watchers = static_cast<int>(std::min<std::int64_t>(*watchers, 1000));
  return view;
}

}  // namespace mosaic
