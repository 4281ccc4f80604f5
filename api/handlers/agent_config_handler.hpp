// GET /api/internal/agent-config/{user|system}/{id}, and the short /{id}: what a container boots
// with. The container shows its own gateway token; with any other token, or for anything that is
// not there, the answer is the same 404 after the same work, so that nobody learns which agents
// exist.
//
// The row that a token opens is found by its id, before anybody is known; what a user's agent is made of is then read
// as that user's, so that the database hides everybody else's.
//
// answer() may be called from several threads at once. The rendered configuration may hold
// provider keys: it is never logged and never cached.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "api/agent_callers.hpp"
#include "api/http_message.hpp"
#include "api/router.hpp"
#include "model/agent.hpp"
#include "secrets/secret_box.hpp"
#include "store/settings_store.hpp"
#include "store/store.hpp"
#include "telemetry/log.hpp"

namespace mosaic {

class AgentConfigHandler {
 public:
  AgentConfigHandler(AgentReader& agents, SettingsStore& settings, const SecretBox& secrets,
                     Logger log);

  // 200 with openclaw.json, or with the archive when "Accept: application/x-tar"; 422 with what to
  // do when the rows give no usable configuration; 404. Throws StoreError.
  Response answer(const Request& request) const;

  // Both paths. The handler must outlive the router.
  void add_routes(Router& router) const;

 private:
  std::optional<std::string> decrypted(std::string_view stored) const;
  Response render(const AgentRow& agent, const Request& request) const;

  AgentReader& agents_;
  SettingsStore& settings_;
  const SecretBox& secrets_;
  const Logger log_;
  const AgentCallers callers_;
};

}  // namespace mosaic
