#include "api/user_agent_creation.hpp"

#include "model/naming.hpp"
#include "secrets/token.hpp"

namespace mosaic {

NewUserContainer new_user_agent(const std::string& owner, const SecretBox& secrets) {
  NewUserContainer agent;
  agent.id = random_id();
  agent.user_id = owner;
  agent.container_name = "mosaic-user-" + encode_owner(owner);
  agent.gateway_token = secrets.encrypt(generate_token());
  return agent;
}

std::optional<AgentRow> ensure_user_agent(SettingsStore& settings, const SecretBox& secrets,
                                          const Account& account) {
  if (account.id.empty() || account.disabled || !account.agent_allowed) return std::nullopt;
  if (auto row = settings.find_user_agent(account.id)) return row;
  // Taken: another request made it a moment ago, and theirs is as good as ours.
  settings.create_user_agent(new_user_agent(account.id, secrets));
  return settings.find_user_agent(account.id);
}

}  // namespace mosaic
