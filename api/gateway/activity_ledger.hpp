// Which agents are in use through this process, and the rows' record of it: open streams and running turns hold their
// agent, so that idling never stops it under them (S3). Everybody who only looks (status pages, tabs, probes) leaves it
// alone.
//
// A hold of use `turn` keeps the row's busyUntil in the future: now + lease, renewed at a third of the lease, one
// statement for all agents. The store keeps what each process holds, so several add up; once the last turn of this one is
// over for `linger`, it takes its own back, and what a killed process held runs out by itself. A hold of use `waiting`
// (somebody waits for the agent to wake) only keeps lastActiveAt fresh: were it busy, a restart that has begun to drain
// would wait for whoever waits for the restart. The last release writes lastActiveAt once more, from which the idle time
// counts.
//
// The race with an agent's going to sleep: the controller writes "stopping" only if the row's activity is still what it
// decided upon. So a turn is passed to an agent only (a) while a record of this process is in force (hold_in_force:
// the row says busy for half a lease more, and the next renewal comes before that), or (b) after record() and then
// a look at the phase: whichever of the two transactions came first, one of us sees the other's.
//
// The race with our own taking back: from the moment that is decided, nothing is in force until the next record. Each
// record of an agent names a later time than the one before, and what is taken back is named by its time, so that a
// write that arrives late takes back nothing that was recorded since.
//
// Thread-safety: every method may be called from any thread. Only record(), flush() and tick() block (on the store);
// tick() runs on a thread of its own (Ticker). Bounded by the number of agents held, at most `held_agents`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "model/clock.hpp"
#include "model/resource_key.hpp"
#include "store/store.hpp"

namespace mosaic {

struct ActivitySettings {
  Duration lease = std::chrono::seconds(30);
  // A turn that follows another one within this finds the hold still in force; after it, the hold is taken back.
  Duration linger = std::chrono::seconds(1);
  std::size_t held_agents = 100'000;
};

enum class AgentUse : std::uint8_t {
  turn,     // a turn runs or a stream is open
  waiting,  // somebody waits for it to wake
};

class ActivityLedger {
 public:
  // One use of one agent, until released or destroyed. An empty one holds nothing. The ledger outlives it.
  class Hold {
   public:
    Hold() = default;
    ~Hold() { release(); }
    Hold(Hold&& other) noexcept;
    Hold& operator=(Hold&& other) noexcept;

    explicit operator bool() const { return ledger_ != nullptr; }
    const ResourceKey& agent() const { return agent_; }
    void release() noexcept;

   private:
    friend class ActivityLedger;
    Hold(ActivityLedger& ledger, ResourceKey agent, AgentUse use)
        : ledger_(&ledger), agent_(std::move(agent)), use_(use) {}

    ActivityLedger* ledger_ = nullptr;
    ResourceKey agent_;
    AgentUse use_ = AgentUse::turn;
  };

  // `process`: one that nobody else has or had. `report`: one line, when the rows cannot be written (and once more when they can again); may be empty.
  ActivityLedger(const Clock& clock, DesiredStateWriter& rows, std::string process,
                 ActivitySettings settings = {},
                 std::function<void(const std::string& line)> report = {});
  ~ActivityLedger();
  ActivityLedger(const ActivityLedger&) = delete;
  ActivityLedger& operator=(const ActivityLedger&) = delete;

  // Counts at once; is on record with the next flush, or with record(). Empty when `held_agents` others are held.
  [[nodiscard]] Hold hold(const ResourceKey& agent, AgentUse use = AgentUse::turn);
  // A hold of use `turn`, but only when it is in force already: then a turn may be passed on without asking the
  // database. Empty otherwise.
  [[nodiscard]] Hold hold_in_force(const ResourceKey& agent);

  // Writes this agent's activity now. After it, the phase in the row tells whether the agent is there to stay.
  // Blocks; throws StoreError.
  void record(const ResourceKey& agent);

  // What is due. Blocks; does not throw: what failed is due again.
  void tick();
  // All that is held or was released since the last time, due or not: at shutdown. Blocks; throws StoreError.
  void flush();

  std::size_t held_agents() const;  // by turns or waiting

 private:
  struct Entry {
    int turns = 0;
    int waiting = 0;
    bool released =
        false;  // and not yet written, last at `released_at`, after page `released_after`
    SteadyTime released_at{};
    std::uint64_t released_after = 0;
    TimePoint held_until{};  // the latest that was ever to be recorded
    std::optional<SteadyTime>
        busy_recorded_at;                  // of the last record as busy that was not taken back
    std::uint64_t taken_back_by = 0;       // the page
    std::optional<SteadyTime> written_at;  // of the last record of any kind
  };
  // What is written at once. Pages are numbered in the order in which they were decided.
  struct Page {
    std::uint64_t number = 0;
    SteadyTime taken_at{};
    Activity activity;

    std::size_t size() const { return activity.held_until.size() + activity.let_go.size(); }
  };
  enum class Due : std::uint8_t { in_time, everything };

  void release(const ResourceKey& agent, AgentUse use) noexcept;
  bool in_force(const Entry& entry) const;
  bool lingers(const Entry& entry, SteadyTime now) const;
  bool is_due(const Entry& entry, SteadyTime now) const;
  Page new_page();
  void enter(Page& page, const ResourceKey& agent, Entry& entry, bool busy);
  std::optional<ResourceKey> take_due(Due due, const std::optional<ResourceKey>& after, Page& page);
  void write(const Page& page);
  void write_pages(Due due);
  void forget_old(SteadyTime now);
  void report_outcome(const std::string& error);

  const Clock& clock_;
  DesiredStateWriter& rows_;
  const std::string process_;
  const ActivitySettings settings_;
  const std::function<void(const std::string&)> report_;
  mutable std::mutex mutex_;
  std::map<ResourceKey, Entry> entries_;
  std::uint64_t pages_ = 0;
  bool failing_ = false;  // of tick()'s thread alone
};

}  // namespace mosaic
