// Which agent asks one of the agents' own routes, whose path names it: .../{kind}/{id}, or .../{id} for either kind.
//
// Thread-safety: every member may be called from any thread. Throws StoreError.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "api/agent_tokens.hpp"
#include "api/http_message.hpp"
#include "model/agent.hpp"
#include "secrets/secret_box.hpp"
#include "store/store.hpp"

namespace mosaic {

class AgentCallers {
 public:
  AgentCallers(AgentReader& agents, const SecretBox& secrets) : agents_(agents), tokens_(secrets) {}

  // The row that the route's parameters name, if `token` is its own. Whatever is wrong, the same work is done.
  std::optional<AgentRow> identify(const Request& request, std::string_view token) const;

 private:
  std::vector<ResourceKey> candidates(const Request& request) const;

  AgentReader& agents_;
  const AgentTokens tokens_;
};

}  // namespace mosaic
