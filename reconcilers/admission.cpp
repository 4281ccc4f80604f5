#include "reconcilers/admission.hpp"

#include <algorithm>

namespace mosaic {

void Admission::set_memory_budget(std::int64_t budget_mb) {
  const std::lock_guard lock(mutex_);
  budget_mb_ = budget_mb;
}

void Admission::set_agent_limit(std::int64_t most) {
  const std::lock_guard lock(mutex_);
  most_agents_ = most;
}

Admittance Admission::admit(const ResourceKey& key, std::int64_t memory_mb, bool needs_start_slot,
                            TimePoint now) {
  const std::lock_guard lock(mutex_);
  free_overdue_slots_locked(now);
  const auto holder = holders_.find(key);
  const std::int64_t already = holder == holders_.end() ? 0 : holder->second;
  const bool fits = already >= memory_mb || held_mb_ - already + memory_mb <= budget_mb_;
  if (!fits) {
    wait_locked(key, memory_mb);
    return Admittance::no_memory;
  }
  if (holder == holders_.end() && too_many_locked()) {
    wait_locked(key, memory_mb);
    return Admittance::too_many_agents;
  }
  if (needs_start_slot && !starting_.contains(key)) {
    if (static_cast<int>(starting_.size()) >= concurrency_) {
      wait_locked(key, memory_mb);
      return Admittance::no_start_slot;
    }
    starting_.emplace(key, now);
  }
  held_mb_ += memory_mb - already;
  holders_[key] = memory_mb;
  leave_line_locked(key);
  return Admittance::granted;
}

void Admission::hold(const ResourceKey& key, std::int64_t memory_mb) {
  const std::lock_guard lock(mutex_);
  std::int64_t& held = holders_[key];
  held_mb_ += memory_mb - held;
  held = memory_mb;
}

void Admission::start_ended(const ResourceKey& key, bool succeeded) {
  const std::lock_guard lock(mutex_);
  if (starting_.erase(key) == 0) return;
  concurrency_ =
      succeeded ? std::min(concurrency_ * 2, start_limit_) : std::max(concurrency_ / 2, 1);
}

void Admission::release(const ResourceKey& key) {
  const std::lock_guard lock(mutex_);
  if (const auto holder = holders_.find(key); holder != holders_.end()) {
    held_mb_ -= holder->second;
    holders_.erase(holder);
  }
  starting_.erase(key);
  leave_line_locked(key);
}

void Admission::reset_holders(const std::vector<std::pair<ResourceKey, std::int64_t>>& holders) {
  const std::lock_guard lock(mutex_);
  std::unordered_map<ResourceKey, std::int64_t> listed;
  for (const auto& [key, memory_mb] : holders) listed[key] += memory_mb;
  // A grant whose container was not running yet when the list was made is still a grant.
  for (const auto& [key, since] : starting_) {
    if (const auto held = holders_.find(key); held != holders_.end())
      listed.try_emplace(key, held->second);
  }
  holders_ = std::move(listed);
  held_mb_ = 0;
  for (const auto& [key, memory_mb] : holders_) held_mb_ += memory_mb;
}

std::vector<ResourceKey> Admission::take_waiting(TimePoint now) {
  const std::lock_guard lock(mutex_);
  free_overdue_slots_locked(now);
  std::vector<ResourceKey> ready;
  std::int64_t free_mb = budget_mb_ - held_mb_;
  auto places = most_agents_ == 0 ? static_cast<std::int64_t>(line_.size())
                                  : most_agents_ - static_cast<std::int64_t>(holders_.size());
  int slots = concurrency_ - static_cast<int>(starting_.size());
  auto waiting = line_.begin();
  // Strictly in order: a large agent at the head is not starved by small ones behind it.
  while (waiting != line_.end() && slots > 0 && places > 0 && waiting->second <= free_mb) {
    free_mb -= waiting->second;
    --slots;
    --places;
    ready.push_back(waiting->first);
    ++waiting;
  }
  line_.erase(line_.begin(), waiting);
  return ready;
}

std::int64_t Admission::wanted_memory_mb() const {
  const std::lock_guard lock(mutex_);
  if (line_.empty()) return 0;
  const auto lacking = std::max<std::int64_t>(0, line_.front().second - (budget_mb_ - held_mb_));
  // A place is freed by whoever frees memory; the smallest wish makes one sleeper go deeper.
  return lacking == 0 && too_many_locked() ? 1 : lacking;
}

std::int64_t Admission::memory_held_mb() const {
  const std::lock_guard lock(mutex_);
  return held_mb_;
}

std::int64_t Admission::memory_budget_mb() const {
  const std::lock_guard lock(mutex_);
  return budget_mb_;
}

int Admission::concurrency() const {
  const std::lock_guard lock(mutex_);
  return concurrency_;
}

bool Admission::too_many_locked() const {
  return most_agents_ > 0 && static_cast<std::int64_t>(holders_.size()) >= most_agents_;
}

void Admission::free_overdue_slots_locked(TimePoint now) {
  std::erase_if(starting_, [&](const auto& start) { return now >= start.second + slot_limit_; });
}

void Admission::wait_locked(const ResourceKey& key, std::int64_t memory_mb) {
  for (auto& [waiting, wanted_mb] : line_) {
    if (waiting == key) {
      wanted_mb = memory_mb;
      return;
    }
  }
  line_.emplace_back(key, memory_mb);
}

void Admission::leave_line_locked(const ResourceKey& key) {
  std::erase_if(line_, [&](const auto& waiting) { return waiting.first == key; });
}

}  // namespace mosaic
