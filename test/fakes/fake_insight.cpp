#include "test/fakes/fake_insight.hpp"

#include <algorithm>

namespace mosaic {

std::string FakeInsight::hindrance() {
  const std::lock_guard lock(mutex_);
  return hindrance_;
}

std::optional<ContainerView> FakeInsight::find(const std::string& container_id) {
  for (const auto& container : engine_.containers()) {
    if (container.view.id == container_id) return container.view;
  }
  return std::nullopt;
}

std::vector<RunningContainer> FakeInsight::running() {
  std::vector<RunningContainer> running;
  for (const auto& container : engine_.containers()) {
    if (!container.instance.empty() && container.view.state == ContainerState::running)
      running.push_back({container.view.key, container.view.id});
  }
  return running;
}

std::optional<ResourceUse> FakeInsight::use(const std::string& container_id, Look look) {
  const auto container = find(container_id);
  if (!container || container->state != ContainerState::running) return std::nullopt;
  const std::lock_guard lock(mutex_);
  ++looks_[look];
  const std::chrono::nanoseconds now = clock_.now().time_since_epoch();
  const auto reading = [&](std::chrono::nanoseconds at) {
    return CpuReading{at, at / 1000 * cpu_milli_};
  };
  ResourceUse use;
  use.memory_bytes = memory_mb_ * 1024 * 1024;
  use.memory_limit_bytes = container->memory_mb * 1024 * 1024;
  use.processes = 1;
  use.cpu = reading(now);
  if (look == Look::twice) use.cpu_before = reading(now - std::chrono::seconds(1));
  return use;
}

std::optional<LogTail> FakeInsight::log_tail(const std::string& container_id,
                                             const LogRange& range) {
  if (!find(container_id)) return std::nullopt;
  const std::lock_guard lock(mutex_);
  LogTail tail;
  const auto& written = written_[container_id];
  const auto lines = std::min(written.size(), static_cast<std::size_t>(std::max(range.lines, 1)));
  std::size_t bytes = 0;
  for (auto line = written.rbegin(); line != written.rbegin() + static_cast<std::ptrdiff_t>(lines);
       ++line) {
    if (line->at <= range.after) break;
    bytes += line->at.size() + line->text.size();
    tail.cut = bytes > range.bytes;
    if (tail.cut) break;
    tail.lines.insert(tail.lines.begin(), *line);
  }
  return tail;
}

void FakeInsight::set_hindrance(const std::string& reason) {
  const std::lock_guard lock(mutex_);
  hindrance_ = reason;
}

void FakeInsight::set_memory_mb(std::int64_t memory_mb) {
  const std::lock_guard lock(mutex_);
  memory_mb_ = memory_mb;
}

void FakeInsight::set_cpu_milli(std::int64_t cpu_milli) {
  const std::lock_guard lock(mutex_);
  cpu_milli_ = cpu_milli;
}

void FakeInsight::write(const std::string& container_id, const LogLine& line) {
  const std::lock_guard lock(mutex_);
  written_[container_id].push_back(line);
}

int FakeInsight::looks(Look look) {
  const std::lock_guard lock(mutex_);
  return looks_[look];
}

}  // namespace mosaic
