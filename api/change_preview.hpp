// What a change of settings would do to the agents that it concerns: nothing, that they read their configuration
// again, or that they restart. The same judgement, told before a change (?dryRun=true) and with it ("effects").
//
// Reads only. Safe from any thread. Throws StoreError. An agent without a process is never affected: it starts with
// what holds then.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "agent_config/change_effect.hpp"
#include "agent_config/rendered_config.hpp"
#include "model/agent.hpp"
#include "model/fleet_settings.hpp"
#include "secrets/secret_box.hpp"
#include "store/settings_store.hpp"
#include "store/store.hpp"

namespace mosaic {

struct AgentEffect {
  ResourceKey key;
  std::string name;  // of a system agent; the owner of a user agent
  ChangeEffect effect = ChangeEffect::none;
  std::string problem;  // why the agent could not run with it; empty: it could
};

class ChangePreview {
 public:
  ChangePreview(AgentReader& agents, SettingsStore& settings, const SecretBox& secrets)
      : agents_(agents), settings_(settings), secrets_(secrets) {}

  // `after`: the provider as it will be; nothing: it goes.
  std::vector<AgentEffect> of_provider(const std::string& owner, const std::string& id,
                                       const std::optional<ProviderRow>& after) const;
  std::vector<AgentEffect> of_preferences(const AgentPreferences& after) const;
  std::vector<AgentEffect> of_user_agent(const AgentRow& row, const UserAgentChange& change) const;
  std::vector<AgentEffect> of_system_agent(const AgentRow& row,
                                           const SystemAgentChange& change) const;
  std::vector<AgentEffect> of_fleet_settings(const FleetSettings& before,
                                             const FleetSettings& after) const;

  // What may serve system agents: the providers of active breakglass users, ordered by name.
  std::vector<ProviderRow> shared_providers() const;
  FleetSettings fleet_settings() const;

 private:
  RenderedConfig render(const AgentConfigSource& source, const RenderSettings& settings) const;
  AgentEffect compare(const AgentRow& row, const AgentConfigSource& before,
                      const AgentConfigSource& after) const;
  bool serves(const AgentConfigSource& source, const std::string& owner) const;
  std::vector<AgentRow> agents_of_kind(ResourceKind kind) const;

  AgentReader& agents_;
  SettingsStore& settings_;
  const SecretBox& secrets_;
};

// [{"agent": {"kind", "id", "name"}, "effect", "problem"}]
nlohmann::ordered_json to_json(const std::vector<AgentEffect>& effects);

}  // namespace mosaic
