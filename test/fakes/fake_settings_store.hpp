// Settings in memory: agents, providers and plain settings are FakeStore's, breakglass users FakeAccountStore's, so that
// what one of the three is told the others know, as with tables of one database. Passes test/conformance/store.
//
// Thread-safety: every method may be called from any thread; listeners of the two must not call this one back. Both must
// outlive it.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "store/settings_store.hpp"
#include "test/fakes/fake_account_store.hpp"
#include "test/fakes/fake_store.hpp"

namespace mosaic {

class FakeSettingsStore final : public SettingsStore {
 public:
  FakeSettingsStore(FakeStore& store, FakeAccountStore& accounts)
      : store_(store), accounts_(accounts) {}

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

  void fail_next(int operations = 1);  // the next operations throw StoreError and do nothing

 private:
  // Every operation begins with it: fault, then lock.
  std::unique_lock<std::mutex> begin();

  std::optional<ProviderRow> provider_with(const std::string& id) const;
  bool name_taken(const ProviderRow& provider) const;

  FakeStore& store_;
  FakeAccountStore& accounts_;
  std::mutex mutex_;
  std::map<std::string, AgentPreferences> preferences_;  // by owner
  int failures_left_ = 0;
};

}  // namespace mosaic
