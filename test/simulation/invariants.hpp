// S1 to S9 of the design, and that crashes are given time and keys are with one worker, judged from outside: from the
// whole truth of engine and database and from what was asked of them, never from what a controller believes.
//
// The first violation is kept; nothing that comes after it counts. Not thread-safe.
//
// What is excused, because no controller could know better: an agent that is in use may be ended for a change that people
// asked for since its process began, for its own illness, or after a human's hand was on it (all of that is no idling); and
// for `lease time` after a failover of the database, which may have taken back a lease or a record of use that was
// already answered for (a token that it took back is excused for as long as the process runs that was started with it).
// And a purge is asked for by a row that was read after the last look at the engine, whatever became of that row since.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "test/fakes/fake_engine.hpp"
#include "test/fakes/fake_store.hpp"
#include "test/simulation/process_engine.hpp"
#include "test/simulation/process_store.hpp"
#include "test/simulation/trace.hpp"

namespace mosaic::simulation {

struct Violation {
  std::string rule;  // "S1" … "S9", "back-off", "queue", "liveness", "stability"
  std::string text;
};

class Invariants final : public EngineWitness, public StoreWitness {
 public:
  Invariants(const Clock& clock, FakeStore& store, FakeEngine& engine, Trace& trace);

  const std::optional<Violation>& violation() const { return violation_; }
  void fail(const std::string& rule, const std::string& text);

  // What the simulation did, as far as it excuses something or is asked for later.
  void asked_for_purge(const ResourceKey& key) { purge_asked_.insert(key); }
  void may_leave_state(const ResourceKey& key) { may_leave_state_.insert(key); }
  void row_begins(const ResourceKey& key);  // under an id that may have been another's before
  // Somebody changed what it should be, or had a hand on its container, or it fell ill.
  void disturbed(const ResourceKey& key);
  void everything_disturbed();
  void failed_over();
  bool failed_over_since(TimePoint time) const {
    return failed_over_at_ && *failed_over_at_ >= time;
  }
  void token_asked_for(const std::string& encrypted, const std::string& token) {
    tokens_[encrypted] = token;
    add_secret(token);
  }
  void add_secret(std::string secret) { secrets_.push_back(std::move(secret)); }
  void text_written(const std::string& where, std::string_view text);

  // A turn or stream through `gateway` that has its seat, until chat_ended().
  void chat_began(int number, const std::string& gateway, const ResourceKey& agent,
                  const std::string& container_id, const std::string& token);
  void chat_ended(int number);

  void reconcile_begins(const Process& process, const ResourceKey& key);
  void reconcile_ends(const Process& process, const ResourceKey& key);
  // Its deletion with its data ran its course.
  bool was_purged(const ResourceKey& key) const { return purged_.contains(key); }

  // After every step.
  void check_engine();

  // EngineWitness
  void engine_call_begins(const Process& process, EngineMethod method) override;
  void effect_on_container(const Process& process, EngineMethod method,
                           const std::string& container_id) override;
  void effect_on_volumes(const Process& process, const AgentIdentity& identity) override;
  void effect_on_move(const Process& process, const AgentIdentity& identity,
                      MoveStep step) override;
  void acted(const Process& process, const ResourceKey& key) override;
  void observed(const Process& process, const ResourceKey& key, TimePoint as_of) override;
  void observation_failed(const Process& process, const ResourceKey& key) override;
  void listed(const Process& process, TimePoint as_of) override;

  // StoreWitness
  void row_read(const Process& process, const ResourceKey& key) override;
  void before_status_write(const ResourceKey& key) override;
  void after_status_write(const Process& process, const ResourceKey& key, bool accepted,
                          bool finishes_deletion) override;
  void token_installed(const ResourceKey& key, const std::string& token) override;
  void event_written(const Process& process, const Event& event) override;
  void activity_written(const Process& process, const Activity& activity) override;
  void activity_failed(const Process& process) override;

 private:
  // What one controller knows of one agent.
  struct Knowledge {
    std::optional<TimePoint> observed_as_of;
    std::optional<TimePoint> acted_at;
    std::optional<TimePoint> cleaned_at;
    bool last_look_failed = false;
    // When it last read the row, if that asked for a purge.
    std::optional<TimePoint> purge_read_at;
  };
  // That a gateway's turns hold an agent, and has not taken back since.
  struct RecordedUse {
    TimePoint at;
    TimePoint until;
  };
  struct Chat {
    std::string gateway;
    ResourceKey agent;
    std::string container_id;
  };

  void check_knowledge(const Process& process, EngineMethod method, const FakeContainer& container);
  void check_use(const Process& process, EngineMethod method, const FakeContainer& container);
  void check_records(const ResourceKey& key);
  void check_back_off(const FakeContainer& container);
  void check_lost_row(const Process& process, EngineMethod method, const FakeContainer& container);
  bool may_be_ended(const FakeContainer& container, const std::string& gateway);
  bool lately_failed_over() const;

  const Clock& clock_;
  FakeStore& store_;
  FakeEngine& engine_;
  Trace& trace_;
  std::optional<Violation> violation_;

  std::set<ResourceKey> purge_asked_;
  std::set<ResourceKey> may_leave_state_;
  std::set<ResourceKey> purged_;  // rows that a controller let go, which asked for it until then
  std::map<ResourceKey, TimePoint> disturbed_at_;
  std::optional<TimePoint> all_disturbed_at_;
  std::optional<TimePoint> failed_over_at_;
  std::vector<std::string> secrets_;
  std::map<std::string, std::string> tokens_;  // in plain, by what stands in rows
  std::map<int, Chat> chats_;
  std::set<std::string> ending_;        // containers whose end was asked for while that was allowed
  std::set<std::string> put_to_sleep_;  // whose end or pause was asked for, by idling
  std::map<ResourceKey, std::map<std::string, RecordedUse>> recorded_;  // by agent and gateway
  std::map<std::string, TimePoint> activity_failed_;                    // by gateway
  std::map<std::pair<std::string, ResourceKey>, Knowledge> knowledge_;
  std::map<std::string, TimePoint> listed_;
  std::map<ResourceKey, std::vector<TimePoint>> starts_;
  std::set<std::pair<std::string, ResourceKey>> in_process_;
  std::optional<AgentRow> before_write_;
};

}  // namespace mosaic::simulation
