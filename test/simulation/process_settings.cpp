#include "test/simulation/process_settings.hpp"

#include "test/simulation/process_call.hpp"

namespace mosaic::simulation {

template <typename Work>
auto ProcessSettings::call(std::string_view operation, std::string_view target, Work work) {
  return interrupted(interruptions_, process_, Callee::store, operation, target, std::move(work));
}

// What AgentDesk calls can be interrupted.

std::vector<ProviderRow> ProcessSettings::list_providers(const std::string& owner) {
  return call("list_providers", owner, [&] { return settings_.list_providers(owner); });
}

std::optional<AgentRow> ProcessSettings::find_user_agent(const std::string& owner) {
  return call("find_user_agent", owner, [&] { return settings_.find_user_agent(owner); });
}

WriteOutcome ProcessSettings::create_user_agent(const NewUserContainer& agent) {
  return call("create_user_agent", agent.user_id, [&] {
    NewUserContainer named = agent;
    named.id = next_id_(agent.user_id);
    return settings_.create_user_agent(named);
  });
}

// The rest is passed on.

std::optional<ProviderRow> ProcessSettings::find_provider(const std::string& owner,
                                                          const std::string& id) {
  return settings_.find_provider(owner, id);
}
WriteOutcome ProcessSettings::create_provider(const ProviderRow& provider) {
  return settings_.create_provider(provider);
}
WriteOutcome ProcessSettings::update_provider(const ProviderRow& provider,
                                              IfGeneration if_generation) {
  return settings_.update_provider(provider, if_generation);
}
WriteOutcome ProcessSettings::delete_provider(const std::string& owner, const std::string& id,
                                              IfGeneration if_generation) {
  return settings_.delete_provider(owner, id, if_generation);
}
std::optional<AgentPreferences> ProcessSettings::find_preferences(const std::string& owner) {
  return settings_.find_preferences(owner);
}
WriteOutcome ProcessSettings::put_preferences(const AgentPreferences& preferences,
                                              IfGeneration if_generation) {
  return settings_.put_preferences(preferences, if_generation);
}
WriteOutcome ProcessSettings::update_user_agent(const std::string& owner, const std::string& id,
                                                const UserAgentChange& change,
                                                IfGeneration if_generation) {
  return settings_.update_user_agent(owner, id, change, if_generation);
}
bool ProcessSettings::touch_user_agent(const std::string& owner, TimePoint now) {
  return settings_.touch_user_agent(owner, now);
}
bool ProcessSettings::set_user_agent_state(const std::string& owner, DesiredState state) {
  return settings_.set_user_agent_state(owner, state);
}
bool ProcessSettings::restart_user_agent(const std::string& owner, TimePoint now) {
  return settings_.restart_user_agent(owner, now);
}
bool ProcessSettings::replace_user_agent_token(const std::string& owner, const std::string& token) {
  return settings_.replace_user_agent_token(owner, token);
}
std::optional<AgentConfigSource> ProcessSettings::find_config_source(const std::string& owner,
                                                                     const ResourceKey& key) {
  return settings_.find_config_source(owner, key);
}
WriteOutcome ProcessSettings::create_system_agent(const NewSystemContainer& agent) {
  return settings_.create_system_agent(agent);
}
WriteOutcome ProcessSettings::update_system_agent(const std::string& id,
                                                  const SystemAgentChange& change,
                                                  IfGeneration if_generation) {
  return settings_.update_system_agent(id, change, if_generation);
}
std::vector<AgentRow> ProcessSettings::list_agents(const AgentListQuery& query) {
  return settings_.list_agents(query);
}
int ProcessSettings::stop_all(ResourceKind kind) { return settings_.stop_all(kind); }
std::map<std::string, ConfigValue> ProcessSettings::read_config(const std::string& prefix) {
  return settings_.read_config(prefix);
}
void ProcessSettings::write_config(const std::vector<ConfigChange>& changes) {
  settings_.write_config(changes);
}
BreakglassResult ProcessSettings::upsert_breakglass(const std::string& id,
                                                    const std::string& username,
                                                    const std::string& password_hash) {
  return settings_.upsert_breakglass(id, username, password_hash);
}
std::vector<BreakglassUser> ProcessSettings::list_breakglass() {
  return settings_.list_breakglass();
}

}  // namespace mosaic::simulation
