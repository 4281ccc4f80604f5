// What people set, as one simulated gateway sees it. The ids of rows that it makes come from a counter and not from the
// system's randomness, so that a run can be repeated.
#pragma once

#include "store/settings_store.hpp"
#include "test/fakes/fake_settings_store.hpp"
#include "test/simulation/process.hpp"

namespace mosaic::simulation {

class ProcessSettings final : public SettingsStore {
 public:
  ProcessSettings(FakeSettingsStore& settings, Process& process, Interruptions& interruptions,
                  std::function<std::string(const std::string& owner)> next_id)
      : settings_(settings),
        process_(process),
        interruptions_(interruptions),
        next_id_(std::move(next_id)) {}

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
  template <typename Work>
  auto call(std::string_view operation, std::string_view target, Work work);

  FakeSettingsStore& settings_;
  Process& process_;
  Interruptions& interruptions_;
  const std::function<std::string(const std::string&)> next_id_;
};

}  // namespace mosaic::simulation
