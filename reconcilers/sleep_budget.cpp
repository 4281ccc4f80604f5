#include "reconcilers/sleep_budget.hpp"

#include <algorithm>

namespace mosaic {
namespace {

SleepDepth next_deeper(const SleepConditions& conditions) {
  return conditions.settings.hibernate && conditions.can_hibernate ? SleepDepth::hibernated
                                                                   : SleepDepth::stopped;
}

std::string reason_for(SleepDepth depth, const SleepConditions& conditions) {
  switch (depth) {
    case SleepDepth::paused:
      return "frozen in memory, within the budget for paused agents";
    case SleepDepth::hibernated:
      return "frozen with its memory in swap";
    case SleepDepth::stopped:
      if (!conditions.settings.pause && !conditions.settings.hibernate)
        return "idle agents are stopped";
      if (conditions.settings.hibernate && !conditions.can_hibernate) {
        return "hibernation is not possible here: " + conditions.hibernate_reason;
      }
      return "the budget for lighter sleep is used up, or its time is over";
  }
  return {};
}

// Zero as a budget means no bound of its own: what the host holds.
bool fits(std::int64_t used_mb, std::int64_t more_mb, std::int64_t budget_mb) {
  return budget_mb == 0 || used_mb + more_mb <= budget_mb;
}

class Assignment {
 public:
  Assignment(const SleepConditions& conditions, TimePoint now)
      : conditions_(conditions), now_(now) {}

  SleepAllowance assign(const Sleeper& sleeper) {
    SleepAllowance allowance;
    allowance.depth = depth_of(sleeper, allowance.review_at);
    if (allowance.depth == SleepDepth::paused) paused_mb_ += sleeper.memory_mb;
    if (allowance.depth == SleepDepth::hibernated) swap_mb_ += sleeper.memory_mb;
    allowance.reason = reason_for(allowance.depth, conditions_);
    return allowance;
  }

 private:
  SleepDepth depth_of(const Sleeper& sleeper, std::optional<TimePoint>& review_at) const {
    const SleepSettings& settings = conditions_.settings;
    if (settings.stop_after > Duration::zero()) {
      const TimePoint stop_at = sleeper.asleep_since + settings.stop_after;
      if (now_ >= stop_at) return SleepDepth::stopped;
      review_at = stop_at;
    }
    if (!sleeper.hibernated && settings.pause && conditions_.can_pause &&
        fits(paused_mb_, sleeper.memory_mb, settings.paused_memory_mb)) {
      const bool deepens = settings.hibernate && conditions_.can_hibernate &&
                           settings.hibernate_after > Duration::zero();
      const TimePoint deepen_at = sleeper.asleep_since + settings.hibernate_after;
      if (!deepens) return SleepDepth::paused;
      if (now_ < deepen_at) {
        review_at = review_at ? std::min(*review_at, deepen_at) : deepen_at;
        return SleepDepth::paused;
      }
    }
    if (settings.hibernate && conditions_.can_hibernate &&
        fits(swap_mb_, sleeper.memory_mb, settings.hibernated_swap_mb)) {
      return SleepDepth::hibernated;
    }
    review_at.reset();
    return SleepDepth::stopped;
  }

  const SleepConditions& conditions_;
  const TimePoint now_;
  std::int64_t paused_mb_ = 0;
  std::int64_t swap_mb_ = 0;
};

}  // namespace

std::map<ResourceKey, SleepAllowance> assign_depths(std::vector<Sleeper> sleepers,
                                                    const SleepConditions& conditions,
                                                    TimePoint now) {
  std::sort(sleepers.begin(), sleepers.end(), [](const Sleeper& left, const Sleeper& right) {
    return left.last_used != right.last_used ? left.last_used > right.last_used
                                             : left.key < right.key;
  });
  Assignment assignment(conditions, now);
  std::map<ResourceKey, SleepAllowance> allowances;
  for (const auto& sleeper : sleepers) allowances[sleeper.key] = assignment.assign(sleeper);
  // Somebody waits for memory: the least recently used give theirs up first.
  std::int64_t freed_mb = 0;
  for (auto sleeper = sleepers.rbegin();
       sleeper != sleepers.rend() && freed_mb < conditions.pressure_mb; ++sleeper) {
    SleepAllowance& allowance = allowances[sleeper->key];
    if (allowance.depth != SleepDepth::paused) continue;
    allowance.depth = next_deeper(conditions);
    allowance.reason = "its memory is needed by an agent in use";
    freed_mb += sleeper->memory_mb;
  }
  return allowances;
}

void SleepBudget::set_conditions(SleepConditions conditions) {
  const std::lock_guard lock(mutex_);
  conditions.pressure_mb = conditions_.pressure_mb;
  conditions_ = std::move(conditions);
}

SleepConditions SleepBudget::conditions() const {
  const std::lock_guard lock(mutex_);
  return conditions_;
}

void SleepBudget::set_pressure(std::int64_t pressure_mb) {
  const std::lock_guard lock(mutex_);
  conditions_.pressure_mb = pressure_mb;
}

SleepAllowance SleepBudget::allowance(const Sleeper& sleeper, TimePoint now) {
  const std::lock_guard lock(mutex_);
  // The common case, nothing but stopping allowed, needs no book-keeping.
  if (!conditions_.settings.pause && !conditions_.settings.hibernate) {
    return SleepAllowance{SleepDepth::stopped, std::nullopt,
                          reason_for(SleepDepth::stopped, conditions_)};
  }
  sleepers_[sleeper.key] = sleeper;
  std::vector<Sleeper> all;
  all.reserve(sleepers_.size());
  for (const auto& [key, known] : sleepers_) all.push_back(known);
  SleepAllowance allowance = assign_depths(std::move(all), conditions_, now).at(sleeper.key);
  told_[sleeper.key] = allowance.depth;
  return allowance;
}

void SleepBudget::forget(const ResourceKey& key) {
  const std::lock_guard lock(mutex_);
  sleepers_.erase(key);
  told_.erase(key);
}

std::vector<ResourceKey> SleepBudget::deepened(TimePoint now) {
  const std::lock_guard lock(mutex_);
  if (sleepers_.empty()) return {};
  std::vector<Sleeper> all;
  all.reserve(sleepers_.size());
  for (const auto& [key, known] : sleepers_) all.push_back(known);
  std::vector<ResourceKey> keys;
  for (const auto& [key, allowance] : assign_depths(std::move(all), conditions_, now)) {
    const auto told = told_.find(key);
    if (told == told_.end() || told->second >= allowance.depth) continue;
    told->second = allowance.depth;
    keys.push_back(key);
  }
  return keys;
}

}  // namespace mosaic
