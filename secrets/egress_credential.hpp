// What an agent says who it is to the egress proxy: a user's name and a password, as they stand in a proxy's URL.
// Stateless; safe from any thread.
//
// The password follows from the agent's own token: nothing more needs to be stored, it changes with the token, and who
// sees it can neither fetch the agent's configuration nor speak to its gateway with it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/resource_key.hpp"

namespace mosaic {

std::string egress_secret(std::string_view agent_token);

// "user.YzE" for the row "c1" of a user agent. Nothing in it needs an escape, wherever it stands.
std::string egress_user(const ResourceKey& agent);

// The agent that egress_user() named so; nothing for any other text.
std::optional<ResourceKey> agent_of_egress_user(std::string_view user);

}  // namespace mosaic
