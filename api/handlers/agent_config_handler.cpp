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
constexpr std::size_t max_id_bytes = 256;

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
      tokens_(secrets) {}

void AgentConfigHandler::add_routes(Router& router) const {
  const auto handler = [this](const Request& request) { return answer(request); };
  router.add("GET", "/api/internal/agent-config/{kind}/{id}", handler);
  router.add("GET", "/api/internal/agent-config/{id}", handler);
}

Response AgentConfigHandler::answer(const Request& request) const {
  const auto agent = authenticate(request);
  if (!agent) return not_found_response();
  return render(*agent, request);
}

// Never empty: a key that names no row costs the same look-up as one that does.
std::vector<ResourceKey> AgentConfigHandler::candidates(const Request& request) const {
  const auto id = request.parameters.find("id");
  const bool plausible = id != request.parameters.end() && id->second.size() <= max_id_bytes &&
                         id->second.find('\0') == std::string::npos;
  const std::string row_id = plausible ? id->second : std::string("none");
  const ResourceKey nobody(ResourceKind::user_container, row_id);
  const auto kind_word = request.parameters.find("kind");
  if (kind_word == request.parameters.end()) {
    auto keys = agents_.find_keys(row_id);
    if (keys.empty()) keys.push_back(nobody);
    return keys;
  }
  const auto kind = parse_resource_kind(kind_word->second);
  const bool known = kind == ResourceKind::user_container || kind == ResourceKind::system_container;
  return {known ? ResourceKey(*kind, row_id) : ResourceKey(ResourceKind::orphan, row_id)};
}

std::optional<AgentRow> AgentConfigHandler::authenticate(const Request& request) const {
  const auto presented = bearer_token(request);
  std::optional<AgentRow> authenticated;
  for (const auto& key : candidates(request)) {
    // No row is ever of the kind "orphan", but its look-up must cost what the others cost.
    const bool possible = key.kind != ResourceKind::orphan;
    auto row =
        agents_.find_agent(possible ? key : ResourceKey(ResourceKind::user_container, key.name));
    if (tokens_.matches(row, presented, AgentTokens::Form::token) && possible)
      authenticated = std::move(row);
  }
  return authenticated;
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
