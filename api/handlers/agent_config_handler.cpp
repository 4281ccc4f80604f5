#include "api/handlers/agent_config_handler.hpp"

#include <map>
#include <utility>

#include "agent_config/rendered_config.hpp"
#include "api/config_source_of.hpp"
#include "api/problem.hpp"
#include "model/fleet_settings.hpp"

namespace mosaic {
namespace {

constexpr std::size_t max_token_bytes = 512;

// The token of the only Authorization field; empty when there is none that could be right.
std::string_view bearer_token(const Request& request) {
  constexpr std::string_view scheme = "bearer ";
  const auto authorization = request.field("authorization");
  if (!authorization || authorization->size() > scheme.size() + max_token_bytes) return {};
  if (lower_case(authorization->substr(0, scheme.size())) != scheme) return {};
  return authorization->substr(scheme.size());
}

}  // namespace

AgentConfigHandler::AgentConfigHandler(AgentReader& agents, SettingsStore& settings,
                                       const SecretBox& secrets, Logger log)
    : agents_(agents),
      settings_(settings),
      secrets_(secrets),
      log_(log.with_component("agent-config")),
      callers_(agents, secrets) {}

void AgentConfigHandler::add_routes(Router& router) const {
  const auto handler = [this](const Request& request) { return answer(request); };
  router.add("GET", "/api/internal/agent-config/{kind}/{id}", handler);
  router.add("GET", "/api/internal/agent-config/{id}", handler);
}

Response AgentConfigHandler::answer(const Request& request) const {
  const auto agent = callers_.identify(request, bearer_token(request));
  if (!agent) return not_found_response();
  return render(*agent, request);
}

// Nothing when the text is damaged, not encrypted, or of another MOSAIC_SECRET_KEY: the key must be entered again.
std::optional<std::string> AgentConfigHandler::decrypted(std::string_view stored) const {
  try {
    return secrets_.decrypt(stored);
  } catch (const DecryptError&) {
    return std::nullopt;
  }
}

Response AgentConfigHandler::render(const AgentRow& agent, const Request& request) const {
  const auto source = config_source_of(agent, agents_, settings_);
  if (!source) return not_found_response();  // deleted since a moment ago
  std::map<std::string, std::string> provider_keys;
  for (const auto& provider : source->providers) {
    if (provider.api_key.empty()) continue;
    if (auto plaintext = decrypted(provider.api_key))
      provider_keys[provider.id] = std::move(*plaintext);
  }
  std::vector<std::string> problems;
  const auto fleet = FleetSettings::parse(agents_.settings("fleet."), problems);
  const auto config = render_agent_config(*source, provider_keys, render_settings_of(fleet));
  const auto log = log_.with_correlation(request.id);
  if (config.problem) {
    log.warning("an agent has no usable configuration",
                {{Field::key, to_string(agent.key)}, {Field::reason, *config.problem}});
    return problem(422, problem_type::agent_not_configured, *config.problem,
                   "Correct the settings of this agent's owner.");
  }
  for (const auto& warning : config.warnings) {
    log.warning("part of an agent's configuration is left out",
                {{Field::key, to_string(agent.key)}, {Field::reason, warning}});
  }
  const bool archive = request.lists("accept", "application/x-tar");
  Response response(200, archive ? "application/x-tar" : "application/json",
                    archive ? to_tar(config) : config.openclaw_json);
  response.set_field("Cache-Control", "no-store");
  return response;
}

}  // namespace mosaic
