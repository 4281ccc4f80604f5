// The Store on Postgres. Rules that must hold whoever writes (generations, tombstones,
// notifications) live in the database's own triggers; see store/migrations.
//
// Thread-safety: every method may be called from any thread; at most as many run at the same time
// as the Database has connections, the others wait their turn. The Database must outlive the store,
// and its schema must be current.
#pragma once

#include <mutex>
#include <string>

#include "store/database.hpp"
#include "store/store.hpp"

namespace mosaic {

class PostgresStore final : public Store {
 public:
  explicit PostgresStore(Database& database);

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
  void copy_agents(const std::string& user_columns, const std::string& system_columns,
                   const std::function<void(AgentRow&&)>& visitor);

  Database& database_;
  std::mutex instance_mutex_;
  std::string instance_id_;  // never changes, so it is asked for once
};

}  // namespace mosaic
