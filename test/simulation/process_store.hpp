// The database as one simulated process sees it: FakeStore behind calls that can be interrupted.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "store/store.hpp"
#include "test/fakes/fake_store.hpp"
#include "test/simulation/process.hpp"

namespace mosaic::simulation {

// Told, without a way to fail, what a process wrote, and which rows it read.
class StoreWitness {
 public:
  virtual ~StoreWitness() = default;
  virtual void row_read(const Process& process, const ResourceKey& key) = 0;
  // Around every write of the status side. `accepted`: the row was changed.
  virtual void before_status_write(const ResourceKey& key) = 0;
  virtual void after_status_write(const Process& process, const ResourceKey& key, bool accepted,
                                  bool finishes_deletion) = 0;
  // Encrypted, as it was asked for.
  virtual void token_installed(const ResourceKey& key, const std::string& token) = 0;
  virtual void event_written(const Process& process, const Event& event) = 0;
  virtual void activity_written(const Process& process, const Activity& activity) = 0;
  // Or it could not write, or was not told that it had.
  virtual void activity_failed(const Process& process) = 0;
};

class ProcessStore final : public Store {
 public:
  ProcessStore(FakeStore& store, Process& process, Interruptions& interruptions,
               StoreWitness& witness)
      : store_(store), process_(process), interruptions_(interruptions), witness_(witness) {}

  std::optional<AgentRow> find_agent(const ResourceKey& key) override;
  void for_each_agent(const std::function<void(AgentRow&&)>& visitor) override;
  void scan_agents(const std::function<void(AgentRow&&)>& visitor) override;
  std::optional<AgentConfigSource> find_config_source(const ResourceKey& key) override;
  std::vector<ResourceKey> find_keys(const std::string& id) override;
  std::map<std::string, std::string> settings(const std::string& prefix) override;
  ChangeBatch changes_since(const std::string& cursor) override;
  bool write_status(const ResourceKey& key, const AgentStatus& status, Term term) override;
  bool write_status_if_idle(const ResourceKey& key, const AgentStatus& status,
                            std::optional<TimePoint> seen_last_active_at,
                            std::optional<TimePoint> seen_busy_until, Term term) override;
  bool install_token(const ResourceKey& key, const std::string& token, Term term) override;
  bool end_move(const ResourceKey& key, const std::string& node, Term term) override;
  bool finish_deletion(const ResourceKey& key, std::int64_t generation, Term term) override;
  bool was_deleted(const ResourceKey& key) override;
  int prune_tombstones(TimePoint before) override;
  void append_event(const Event& event) override;
  std::vector<Event> events(const EventQuery& query) override;
  int prune_events(int keep, TimePoint before) override;
  bool touch(const ResourceKey& key, TimePoint now) override;
  bool set_desired_state(const ResourceKey& key, DesiredState state) override;
  bool request_restart(const ResourceKey& key, TimePoint now) override;
  bool replace_token(const ResourceKey& key, const std::string& token) override;
  bool request_move(const ResourceKey& key, const std::string& node, bool without_state) override;
  bool request_deletion(const ResourceKey& key, bool purge, TimePoint now) override;
  void record_activity(const Activity& activity) override;
  void put_setting(const std::string& key, const std::string& value) override;
  std::optional<Term> acquire_lease(const std::string& holder, Duration time_to_live,
                                    const std::string& replaces) override;
  bool renew_lease(const std::string& holder, Term term, Duration time_to_live) override;
  void release_lease(const std::string& holder, Term term) override;
  LeaseView lease() override;
  std::string instance_id() override;

 private:
  template <typename Work>
  auto call(std::string_view operation, std::string_view target, Work work);

  FakeStore& store_;
  Process& process_;
  Interruptions& interruptions_;
  StoreWitness& witness_;
};

}  // namespace mosaic::simulation
