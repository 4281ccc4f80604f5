#include "runtime/docker/insight_decoding.hpp"

#include <algorithm>
#include <utility>

#include "runtime/docker/engine_decoding.hpp"
#include "runtime/docker/engine_json.hpp"

namespace mosaic {
namespace {

using engine_json::json;
using engine_json::member;
using engine_json::number;

constexpr std::size_t frame_header = 8;
constexpr std::size_t time_length = sizeof "2026-01-31T12:34:56.789012345Z" - 1;

std::optional<CpuReading> cpu_reading(const json& time, const json& cpu) {
  const auto at = parse_engine_time(engine_json::text(time));
  if (!at) return std::nullopt;
  return CpuReading{
      at->time_since_epoch(),
      std::chrono::nanoseconds(number(member(member(cpu, "cpu_usage"), "total_usage")))};
}

// Files that were read once and may go at any moment count as no use, as with the engine's own command.
std::int64_t memory_in_use(const json& memory) {
  const auto usage = number(member(memory, "usage"));
  const json& stats = member(memory, "stats");
  const bool version_1 = stats.is_object() && stats.contains("total_inactive_file");
  const auto cache = number(member(stats, version_1 ? "total_inactive_file" : "inactive_file"));
  return cache > 0 && cache < usage ? usage - cache : usage;
}

std::size_t frame_length(std::string_view header) {
  const auto byte = [&](std::size_t place) {
    return static_cast<std::size_t>(static_cast<unsigned char>(header[place]));
  };
  return byte(4) << 24 | byte(5) << 16 | byte(6) << 8 | byte(7);
}

// One frame is one line, or the part of a long one, each with its time before it.
std::optional<LogLine> decode_line(bool error, std::string_view text) {
  if (text.size() < time_length || text[time_length - 1] != 'Z') return std::nullopt;
  LogLine line;
  line.at = text.substr(0, time_length);
  line.error = error;
  text.remove_prefix(std::min(time_length + 1, text.size()));
  while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
  line.text = text;
  return line;
}

void keep_the_end(LogTail& tail, std::size_t bytes) {
  std::size_t kept = 0;
  auto first = tail.lines.end();
  while (first != tail.lines.begin()) {
    const auto& line = *std::prev(first);
    kept += line.at.size() + line.text.size();
    if (kept > bytes) break;
    --first;
  }
  tail.cut = first != tail.lines.begin();
  tail.lines.erase(tail.lines.begin(), first);
}

}  // namespace

std::optional<ResourceUse> decode_use(std::string_view body, Look look) {
  const json answer = engine_json::parse_object(body, "a container's use");
  const auto now = cpu_reading(member(answer, "read"), member(answer, "cpu_stats"));
  const json& memory = member(answer, "memory_stats");
  if (!now || !memory.is_object() || !memory.contains("usage")) return std::nullopt;
  ResourceUse use;
  use.memory_bytes = memory_in_use(memory);
  use.memory_limit_bytes = number(member(memory, "limit"));
  use.processes = number(member(member(answer, "pids_stats"), "current"));
  use.cpu = *now;
  if (look == Look::twice)
    use.cpu_before = cpu_reading(member(answer, "preread"), member(answer, "precpu_stats"));
  return use;
}

LogTail decode_log(std::string_view frames, const LogRange& range) {
  LogTail tail;
  while (frames.size() >= frame_header) {
    const bool error = frames[0] == 2;
    const std::size_t length = frame_length(frames);
    frames.remove_prefix(frame_header);
    auto line = decode_line(error, frames.substr(0, length));
    if (line && line->at > range.after) tail.lines.push_back(std::move(*line));
    frames.remove_prefix(std::min(length, frames.size()));
  }
  keep_the_end(tail, range.bytes);
  return tail;
}

}  // namespace mosaic
