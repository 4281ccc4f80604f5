#include "api/user_agent_creation.hpp"

#include "model/naming.hpp"
#include "secrets/token.hpp"

namespace mosaic {

std::optional<AgentRow> ensure_user_agent(SettingsStore& settings, const SecretBox& secrets,
                                          const Account& account) {
  if (account.id.empty() || account.disabled || !account.agent_allowed) return std::nullopt;
  if (auto row = settings.find_user_agent(account.id)) return row;
  NewUserContainer agent;
  agent.id = random_id();
  agent.user_id = account.id;
  agent.container_name = "mosaic-user-" + encode_owner(account.id);
  agent.gateway_token = secrets.encrypt(generate_token());
  // Taken: another request made it a moment ago, and theirs is as good as ours.
  settings.create_user_agent(agent);
  return settings.find_user_agent(account.id);
}

}  // namespace mosaic
