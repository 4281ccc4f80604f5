#include "test/fakes/fake_health_monitor.hpp"

#include <utility>

namespace mosaic {

FakeHealthMonitor::FakeHealthMonitor(const Clock& clock, HealthListener* listener)
    : clock_(clock), listener_(listener) {}

void FakeHealthMonitor::watch(const ResourceKey& key, const ProbeTarget& target) {
  bool changed = false;
  {
    const std::lock_guard lock(mutex_);
    watch_calls_.push_back({key, target});
    auto [found, added] = entries_.try_emplace(key);
    if (!added && found->second.target == target) return;
    found->second = Entry{target, HealthView{Health::starting, std::nullopt, 0, clock_.now(), {}}};
    if (const auto waiting = pending_.find(key); waiting != pending_.end()) {
      changed = apply(found->second, waiting->second.first, waiting->second.second);
      pending_.erase(waiting);
    } else if (always_ready_) {
      changed = apply(found->second, Health::ready, {});
    }
  }
  if (changed) announce(key);
}

void FakeHealthMonitor::forget(const ResourceKey& key) {
  const std::lock_guard lock(mutex_);
  forget_calls_.push_back(key);
  entries_.erase(key);
}

HealthView FakeHealthMonitor::view(const ResourceKey& key, const ProbeTarget& target) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(key);
  if (found == entries_.end() || found->second.target != target) return {};
  return found->second.view;
}

void FakeHealthMonitor::set_listener(HealthListener* listener) {
  const std::lock_guard lock(mutex_);
  listener_ = listener;
}

void FakeHealthMonitor::set_ready(const ResourceKey& key) { set(key, Health::ready, {}); }

void FakeHealthMonitor::set_failing(const ResourceKey& key, const std::string& error) {
  set(key, Health::failing, error);
}

void FakeHealthMonitor::set_starting(const ResourceKey& key, const std::string& error) {
  set(key, Health::starting, error);
}

void FakeHealthMonitor::set_always_ready(bool always_ready) {
  const std::lock_guard lock(mutex_);
  always_ready_ = always_ready;
}

std::vector<FakeHealthMonitor::WatchCall> FakeHealthMonitor::watch_calls() const {
  const std::lock_guard lock(mutex_);
  return watch_calls_;
}

std::vector<ResourceKey> FakeHealthMonitor::forget_calls() const {
  const std::lock_guard lock(mutex_);
  return forget_calls_;
}

std::optional<ProbeTarget> FakeHealthMonitor::watched(const ResourceKey& key) const {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(key);
  if (found == entries_.end()) return std::nullopt;
  return found->second.target;
}

std::size_t FakeHealthMonitor::watched_count() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

void FakeHealthMonitor::set(const ResourceKey& key, Health health, const std::string& error) {
  bool changed = false;
  {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(key);
    if (found == entries_.end()) {
      pending_[key] = {health, error};
      return;
    }
    changed = apply(found->second, health, error);
  }
  if (changed) announce(key);
}

bool FakeHealthMonitor::apply(Entry& entry, Health health, const std::string& error) const {
  const bool changed = entry.view.health != health;
  entry.view.health = health;
  entry.view.last_error = error;
  entry.view.failures = health == Health::failing ? 3 : (error.empty() ? 0 : 1);
  if (health == Health::ready && !entry.view.ready_at) entry.view.ready_at = clock_.now();
  return changed;
}

void FakeHealthMonitor::announce(const ResourceKey& key) {
  HealthListener* listener = nullptr;
  {
    const std::lock_guard lock(mutex_);
    listener = listener_;
  }
  if (listener != nullptr) listener->on_health_changed(key);
}

}  // namespace mosaic
