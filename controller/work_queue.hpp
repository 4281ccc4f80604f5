// The queue of keys between those who notice changes and the workers who reconcile them.
//
// Invariants: a key is queued at most once; a key is never handed to two workers at the same time
// (one that is added while it is being processed is handed out again after done()); a more urgent
// add moves a queued key forward; each key has at most one timer, and the latest call that sets it
// wins. Bounded by `capacity` keys: beyond it, add() refuses and the next resync finds what was
// refused.
//
// Thread-safety: every method may be called from any thread. Time comes from the Clock, so that
// with a manual clock try_pop() replays exactly; pop() additionally blocks in real time.
#pragma once

#include <array>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <queue>
#include <random>
#include <unordered_map>
#include <vector>

#include "model/clock.hpp"
#include "model/resource_key.hpp"

namespace mosaic {

// Most urgent first.
enum class Priority : std::uint8_t { waiting_user, spec_change, crash, resync };
inline constexpr std::size_t priority_count = 4;
std::string_view to_string(Priority priority);

struct WorkQueueSettings {
  std::size_t capacity = 1'000'000;
  Duration backoff_base = std::chrono::milliseconds(50);
  Duration backoff_cap = std::chrono::seconds(60);
  double jitter = 0.2;     // each delay is stretched by up to this share
  std::uint64_t seed = 1;  // of the jitter
};

// Told of everything that a queue's metrics need. Called under the queue's lock: must be quick.
class WorkQueueObserver {
 public:
  virtual ~WorkQueueObserver() = default;
  virtual void on_depth(Priority priority, std::size_t depth) = 0;
  virtual void on_add() = 0;
  virtual void on_retry() = 0;
  virtual void on_get(std::chrono::nanoseconds queued_for) = 0;
  virtual void on_done(std::chrono::nanoseconds worked_for) = 0;
};

class WorkQueue {
 public:
  WorkQueue(const Clock& clock, WorkQueueSettings settings, WorkQueueObserver* observer = nullptr);

  // False when the queue is full or shut down.
  bool add(const ResourceKey& key, Priority priority);
  // Replaces the key's timer. When it fires the key is added with `priority`.
  void add_after(const ResourceKey& key, Duration delay, Priority priority);
  void cancel_timer(const ResourceKey& key);
  // Sets the timer by the key's count of failures in a row, which it raises.
  void add_rate_limited(const ResourceKey& key, Priority priority);
  // Ends the row of failures.
  void forget(const ResourceKey& key);

  struct Item {
    ResourceKey key;
    Priority priority = Priority::resync;
  };
  // The most urgent due key, or nothing. Fires due timers first.
  std::optional<Item> try_pop();
  // Waits for one; nothing after shut_down().
  std::optional<Item> pop();
  // Must follow each pop once the key has been processed.
  void done(const ResourceKey& key);

  void shut_down();
  // Waits until no key is being processed, at most `limit`. True when that is so.
  bool drain(Duration limit);

  std::size_t depth() const;
  std::size_t timers() const;
  std::size_t processing() const;
  int failures(const ResourceKey& key) const;
  // When the earliest timer fires; for a simulation that advances its clock to it.
  std::optional<SteadyTime> next_timer() const;
  // How long the longest running processor has worked, and the sum over all of them.
  std::pair<std::chrono::nanoseconds, std::chrono::nanoseconds> unfinished_work() const;

 private:
  struct Entry {
    bool queued = false;
    bool processing = false;
    Priority priority = Priority::resync;
    std::uint64_t ticket = 0;  // of the place in a lane that counts; older places are passed over
    SteadyTime queued_at{};
    SteadyTime taken_at{};
  };
  struct Place {
    ResourceKey key;
    std::uint64_t ticket;
  };
  struct Timer {
    SteadyTime due;
    std::uint64_t ticket;
    ResourceKey key;
    bool operator>(const Timer& other) const {
      return due != other.due ? due > other.due : ticket > other.ticket;
    }
  };
  struct TimerState {
    std::uint64_t ticket = 0;
    SteadyTime due{};
    Priority priority = Priority::resync;
  };

  bool add_locked(const ResourceKey& key, Priority priority);
  void set_timer_locked(const ResourceKey& key, Duration delay, Priority priority);
  void fire_due_timers_locked();
  std::optional<Item> take_locked();
  void report_depth_locked(Priority priority);

  const Clock& clock_;
  const WorkQueueSettings settings_;
  WorkQueueObserver* const observer_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool shut_down_ = false;
  std::uint64_t next_ticket_ = 1;
  std::size_t processing_ = 0;
  std::array<std::deque<Place>, priority_count> lanes_;
  std::array<std::size_t, priority_count> depths_{};
  std::unordered_map<ResourceKey, Entry> entries_;
  std::priority_queue<Timer, std::vector<Timer>, std::greater<>> timer_heap_;
  std::unordered_map<ResourceKey, TimerState> timers_;
  std::unordered_map<ResourceKey, int> failures_;
  std::mt19937_64 random_;
};

}  // namespace mosaic
