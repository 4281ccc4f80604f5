#include "api/config_source_of.hpp"

namespace mosaic {

std::optional<AgentConfigSource> config_source_of(const AgentRow& agent, AgentReader& agents,
                                                  SettingsStore& settings) {
  if (agent.key.kind != ResourceKind::user_container) return agents.find_config_source(agent.key);
  return settings.find_config_source(agent.owner, agent.key);
}

}  // namespace mosaic
