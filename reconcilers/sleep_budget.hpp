// How deep each idle agent sleeps: paused while the fleet's budget for paused memory lasts,
// hibernated while that for swap lasts, stopped beyond; the most recently used agents get the
// shallowest sleep.
//
// assign_depths() is pure; SleepBudget keeps who sleeps where and recomputes on each change.
// Thread-safety: every method of SleepBudget may be called from any thread.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "model/agent.hpp"
#include "model/fleet_settings.hpp"
#include "reconcilers/agent_plan.hpp"

namespace mosaic {

struct Sleeper {
  ResourceKey key;
  TimePoint last_used{};
  TimePoint asleep_since{};
  std::int64_t memory_mb = 0;  // what it holds, or would hold, when paused
  bool hibernated = false;     // already there: never made shallower
};

struct SleepConditions {
  SleepSettings settings;
  bool can_pause = false;
  bool can_hibernate = false;
  std::string hibernate_reason;  // why not
  std::int64_t pressure_mb = 0;  // memory that somebody who wants to wake waits for
};

// One allowance per sleeper, whatever the order of the input.
std::map<ResourceKey, SleepAllowance> assign_depths(std::vector<Sleeper> sleepers,
                                                    const SleepConditions& conditions,
                                                    TimePoint now);

class SleepBudget {
 public:
  void set_conditions(SleepConditions conditions);
  SleepConditions conditions() const;
  void set_pressure(std::int64_t pressure_mb);

  // The allowance of an agent that sleeps or is about to; others' may change by it, see changed().
  SleepAllowance allowance(const Sleeper& sleeper, TimePoint now);
  // Awake, or without a process: holds nothing of the budget.
  void forget(const ResourceKey& key);
  // Sleepers whose allowance is deeper than when they were last told; each is named once.
  std::vector<ResourceKey> deepened(TimePoint now);

 private:
  mutable std::mutex mutex_;
  SleepConditions conditions_;
  std::unordered_map<ResourceKey, Sleeper> sleepers_;
  std::unordered_map<ResourceKey, SleepDepth> told_;
};

}  // namespace mosaic
