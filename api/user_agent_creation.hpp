// One person's own agent, made with the first need of it: when they chat, start it, or change it.
//
// Safe from any thread; two processes that make the same agent at the same time agree on one row. Throws StoreError.
#pragma once

#include <optional>

#include "model/account.hpp"
#include "model/agent.hpp"
#include "secrets/secret_box.hpp"
#include "store/settings_store.hpp"

namespace mosaic {

// Asleep, with the fleet's defaults and a token of its own.
NewUserContainer new_user_agent(const std::string& owner, const SecretBox& secrets);

// The row that is there (perhaps on its way out: deletion_requested_at), or a new one, asleep. Nothing when the account
// may not have an agent; then also one that is there from before is not handed out.
std::optional<AgentRow> ensure_user_agent(SettingsStore& settings, const SecretBox& secrets,
                                          const Account& account);

}  // namespace mosaic
