// The SettingsStore on Postgres. Generations, and who hears of a change, are the business of the database's own triggers;
// see store/migrations.
//
// Thread-safety: every method may be called from any thread. The Database must outlive it, and its schema must be
// current. Errors: StoreError.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "store/database.hpp"
#include "store/settings_store.hpp"

namespace mosaic {

struct Statement;

class PostgresSettingsStore final : public SettingsStore {
 public:
  explicit PostgresSettingsStore(Database& database);

  std::vector<ProviderRow> list_providers(const std::string& owner) override;
  std::optional<ProviderRow> find_provider(const std::string& owner,
                                           const std::string& id) override;
  WriteOutcome create_provider(const ProviderRow& provider) override;
  WriteOutcome update_provider(const ProviderRow& provider, IfGeneration if_generation) override;
  WriteOutcome delete_provider(const std::string& owner, const std::string& id,
                               IfGeneration if_generation) override;

  std::optional<AgentPreferences> find_preferences(const std::string& owner) override;
  WriteOutcome put_preferences(const AgentPreferences& preferences,
                               IfGeneration if_generation) override;

  std::optional<AgentRow> find_user_agent(const std::string& owner) override;
  WriteOutcome create_user_agent(const NewUserContainer& agent) override;
  WriteOutcome update_user_agent(const std::string& owner, const std::string& id,
                                 const UserAgentChange& change,
                                 IfGeneration if_generation) override;
  bool touch_user_agent(const std::string& owner, TimePoint now) override;
  bool set_user_agent_state(const std::string& owner, DesiredState state) override;
  bool restart_user_agent(const std::string& owner, TimePoint now) override;
  bool replace_user_agent_token(const std::string& owner, const std::string& token) override;
  std::optional<AgentConfigSource> find_config_source(const std::string& owner,
                                                      const ResourceKey& key) override;
  WriteOutcome create_system_agent(const NewSystemContainer& agent) override;
  WriteOutcome update_system_agent(const std::string& id, const SystemAgentChange& change,
                                   IfGeneration if_generation) override;
  std::vector<AgentRow> list_agents(const AgentListQuery& query) override;
  int stop_all(ResourceKind kind) override;

  std::map<std::string, ConfigValue> read_config(const std::string& prefix) override;
  void write_config(const std::vector<ConfigChange>& changes) override;

  BreakglassResult upsert_breakglass(const std::string& id, const std::string& username,
                                     const std::string& password_hash) override;
  std::vector<BreakglassUser> list_breakglass() override;

 private:
  // $1 is the owner and $2 the value. False: they have no agent.
  bool change_user_agent(const std::string& owner, const Statement& statement,
                         const std::string& value);

  Database& database_;
};

}  // namespace mosaic
