// Who may have a process now: the host's memory and the number of concurrent starts, shared out
// among agents.
//
// Invariants: the limits of all holders of memory never sum to more than the budget because of a
// grant given here (containers found running are counted even beyond it); no grant makes more holders than the limit; at most `concurrency()`
// keys hold a start slot. Slow start: the concurrency begins at half the limit, doubles with every
// start that succeeds up to the limit, and halves with every one that fails, so that a fleet whose
// image is broken does not storm the engine. A slot is held for `slot_limit` at most: containers
// that hang in their boot do not keep others from starting.
//
// Thread-safety: every method may be called from any thread.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "model/clock.hpp"
#include "model/resource_key.hpp"

namespace mosaic {

enum class Admittance : std::uint8_t { granted, no_memory, too_many_agents, no_start_slot };

class Admission {
 public:
  explicit Admission(int start_limit, Duration slot_limit = std::chrono::seconds(30))
      : start_limit_(start_limit), slot_limit_(slot_limit), concurrency_((start_limit + 1) / 2) {}

  // The sum that all processes' limits may reach. Zero: nothing fits (the engine is not known yet).
  void set_memory_budget(std::int64_t budget_mb);

  // How many may hold memory at a time (fleet.maxRunningAgents); zero: no limit.
  void set_agent_limit(std::int64_t most);

  // Grants memory, and a start slot if asked; a holder is granted what it already holds. What is
  // not granted waits in line and is named by a later take_waiting().
  Admittance admit(const ResourceKey& key, std::int64_t memory_mb, bool needs_start_slot,
                   TimePoint now);
  // `key` was found to have a process: it holds its memory, whether that fits or not.
  void hold(const ResourceKey& key, std::int64_t memory_mb);

  // The start of `key` came to its end: ready, or failed. Without a slot: nothing happens.
  void start_ended(const ResourceKey& key, bool succeeded);
  // `key` has no process any more, or holds no memory (hibernated): gives back everything, and its
  // place in line.
  void release(const ResourceKey& key);
  // A complete listing of who has a process with which memory limit. Start slots of others are
  // given back.
  void reset_holders(const std::vector<std::pair<ResourceKey, std::int64_t>>& holders);

  // Those in line for whom there may be room now, first come first served; they leave the line.
  std::vector<ResourceKey> take_waiting(TimePoint now);

  // What would have to be freed for the first in line: for the sleep budget.
  std::int64_t wanted_memory_mb() const;
  std::int64_t memory_held_mb() const;
  std::int64_t memory_budget_mb() const;
  int concurrency() const;

 private:
  void wait_locked(const ResourceKey& key, std::int64_t memory_mb);
  void leave_line_locked(const ResourceKey& key);

  bool too_many_locked() const;
  void free_overdue_slots_locked(TimePoint now);

  const int start_limit_;
  const Duration slot_limit_;
  mutable std::mutex mutex_;
  std::int64_t budget_mb_ = 0;
  std::int64_t held_mb_ = 0;
  std::int64_t most_agents_ = 0;
  int concurrency_;
  std::unordered_map<ResourceKey, std::int64_t> holders_;
  std::unordered_map<ResourceKey, TimePoint> starting_;  // since when
  std::vector<std::pair<ResourceKey, std::int64_t>> line_;
};

}  // namespace mosaic
