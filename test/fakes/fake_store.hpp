// The database in memory, with the rules that the real one keeps in triggers: generations,
// tombstones, the change feed, what notifies and what does not, and the fence around status writes.
// Passes test/conformance/store.
//
// Thread-safety: every method may be called from any thread. The listener and the fault hook are
// called outside of the lock, from the thread that wrote.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "model/agent.hpp"
#include "model/clock.hpp"
#include "model/resource_key.hpp"
#include "store/account_store.hpp"
#include "store/store.hpp"

namespace mosaic {

// When a fault strikes: before anything happened, or after it happened but before the caller heard
// of it.
enum class StoreMoment : std::uint8_t { before, after };

// The columns of an agent's configuration that AgentRow does not show: "UserAgentConfig" of a user
// agent's owner, or the columns of a "SystemContainer" row.
struct FakeAgentConfig {
  std::string primary_model;
  std::vector<std::string> fallback_models;
  std::string personality;
  std::string provider_id;

  bool operator==(const FakeAgentConfig&) const = default;
};

// One "SystemConfig" row.
struct FakeSetting {
  std::string value;
  bool encrypted = false;
};

class FakeStore final : public Store {
 public:
  using FaultHook = std::function<void(std::string_view operation, StoreMoment moment)>;

  explicit FakeStore(const Clock& clock,
                     std::string instance_id = "0123456789abcdef0123456789abcdef");

  std::optional<AgentRow> find_agent(const ResourceKey& key) override;
  std::optional<AgentRow> find_user_agent(const std::string& owner);  // for FakeSettingsStore
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

  // What a person or another program does to the rows. None of these can fail.
  void put_agent(
      AgentRow
          row);  // inserts, or replaces the spec side as an UPDATE would (the status side stays)
  bool edit_agent(const ResourceKey& key,
                  const std::function<void(AgentRow&)>& edit);  // spec side only
  bool delete_agent(const ResourceKey& key);                    // DELETE: leaves a tombstone
  void put_provider(ProviderRow provider);
  void delete_provider(const std::string& id);
  void put_user_config(const std::string& owner, FakeAgentConfig config);
  void put_system_config(const std::string& id, FakeAgentConfig config);
  void put_breakglass_user(const std::string& id, bool active);

  // For FakeSettingsStore, which keeps what it knows here. A nothing removes the setting.
  bool insert_agent(AgentRow row, FakeAgentConfig config);  // false: the id, owner or name is taken
  bool edit_system_agent(const std::string& id,
                         const std::function<void(AgentRow&, FakeAgentConfig&)>& edit);
  std::vector<ProviderRow> all_providers() const;  // ordered by name, then id
  void write_settings(const std::map<std::string, std::optional<FakeSetting>>& changes);
  std::map<std::string, FakeSetting> all_settings(const std::string& prefix) const;

  // Faults.
  void fail_next(int operations = 1);       // the next operations throw StoreError and do nothing
  void set_fault_hook(FaultHook hook);      // may throw StoreError
  void lose_agent(const ResourceKey& key);  // the row vanishes without a trace, as after a failover
  void begin_another_life();                // every cursor handed out so far is too old
  // Takes a picture of all rows; what it returns brings them back, as a failover does that lost what came after.
  // Listeners are told nothing.
  std::function<void()> picture();
  void set_listener(ChangeListener* listener);         // nullptr: none
  void set_status_listener(StatusListener* listener);  // nullptr: none
  void drop_notifications(bool drop);

  // What happened.
  int status_writes() const;  // that changed a row
  std::size_t agent_count() const;

 private:
  using Sequence = std::uint64_t;
  struct StoredAgent {
    AgentRow row;
    FakeAgentConfig system_config;
    std::map<std::string, TimePoint> holds;  // by process
    Sequence changed = 0;
    Sequence configured = 0;  // when something last changed that its configuration depends on
  };
  struct Tombstone {
    std::string owner;
    Sequence changed = 0;
    TimePoint deleted_at{};
  };
  struct Notice {
    enum class Kind : std::uint8_t { row, settings, status };
    Kind kind = Kind::row;
    ResourceKey key;
    ChangeUrgency urgency = ChangeUrgency::spec_change;
  };

  template <typename Work>
  auto perform(std::string_view operation, Work work);
  template <typename Work>
  auto locked_then_notify(Work work);
  void strike(std::string_view operation, StoreMoment moment);
  void deliver(const std::vector<Notice>& notices);

  StoredAgent* stored(const ResourceKey& key);
  void changed(StoredAgent& agent, std::optional<ChangeUrgency> announce);
  void configuration_changed(StoredAgent& agent);
  void setting_changed(const std::string& key);
  void update_spec(StoredAgent& agent, AgentRow row);
  void update_system(StoredAgent& agent, AgentRow row, FakeAgentConfig config);
  void store_status(StoredAgent& agent, const AgentStatus& status);
  bool wakes(const AgentRow& row) const;
  bool only_prolongs(const AgentRow& before, const AgentRow& after) const;
  void move_activity(StoredAgent& agent, TimePoint last_active_at,
                     std::optional<TimePoint> busy_until);
  void change_holds(const ResourceKey& key, TimePoint now,
                    const std::function<void(std::map<std::string, TimePoint>&)>& change,
                    std::optional<TimePoint> at_least);
  bool erase_with_tombstone(const ResourceKey& key);
  void provider_changed(const ProviderRow& provider);
  std::vector<ProviderRow> providers_of(const StoredAgent& agent) const;
  bool uses_provider(const StoredAgent& agent, const ProviderRow& provider) const;
  bool is_admin(const std::string& owner) const;

  const Clock& clock_;
  const std::string instance_id_;
  mutable std::mutex mutex_;
  std::map<ResourceKey, StoredAgent> agents_;
  std::map<ResourceKey, Tombstone> tombstones_;
  std::map<std::string, ProviderRow> providers_;
  std::map<std::string, FakeAgentConfig> user_configs_;
  std::map<std::string, bool> breakglass_users_;
  std::map<std::string, FakeSetting> settings_;
  std::vector<Event> events_;
  LeaseView lease_;
  std::map<std::string, TimePoint> standbys_;  // and when each last asked
  Sequence sequence_ = 0;
  Sequence settings_changed_ = 0;
  Sequence rendering_changed_ = 0;
  std::int64_t last_event_id_ = 0;
  int life_ = 1;
  int status_writes_ = 0;
  int failures_left_ = 0;
  bool drop_notifications_ = false;
  FaultHook fault_hook_;
  ChangeListener* listener_ = nullptr;
  StatusListener* status_listener_ = nullptr;
  std::vector<Notice> pending_;
};

}  // namespace mosaic
