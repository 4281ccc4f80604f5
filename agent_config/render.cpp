#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>

#include "agent_config/literal_text.hpp"
#include "agent_config/model_reference.hpp"
#include "agent_config/persona.hpp"
#include "agent_config/provider_entry.hpp"
#include "agent_config/rendered_config.hpp"

namespace mosaic {
namespace {

using Json = nlohmann::json;

constexpr int gateway_port = 18789;
constexpr std::size_t max_fallbacks = 20;
constexpr std::size_t max_personality_bytes = 64 * 1024;
constexpr std::array<std::string_view, 4> tool_profiles{"minimal", "coding", "messaging", "full"};

struct Selection {
  ModelChoice primary;
  std::vector<ModelChoice> fallbacks;
};

std::string reference_of(const std::vector<ProviderEntry>& entries, const ModelChoice& choice) {
  return entries[choice.provider].key + "/" + choice.model_id;
}

// A model that the agent uses must be in its provider's list, or OpenClaw does not know it.
void add_missing_model(std::vector<ProviderEntry>& entries, const ModelChoice& choice) {
  auto& models = entries[choice.provider].models;
  const bool listed = std::any_of(models.begin(), models.end(),
                                  [&](const auto& model) { return model.id == choice.model_id; });
  if (listed) return;
  ModelEntry model;
  model.id = choice.model_id;
  model.name = choice.model_id;
  models.push_back(std::move(model));
}

std::optional<ModelChoice> first_model(const std::vector<ProviderEntry>& entries,
                                       std::size_t provider) {
  for (const auto& model : entries[provider].models) {
    if (usable_model_id(model.id)) return ModelChoice{provider, model.id};
  }
  return std::nullopt;
}

std::optional<ModelChoice> choose_primary(const AgentConfigSource& source,
                                          const std::vector<ProviderEntry>& entries,
                                          std::size_t provider, RenderedConfig& config) {
  if (source.primary_model.empty()) {
    if (entries[provider].problem) {
      config.problem = entries[provider].problem;
      return std::nullopt;
    }
    auto first = first_model(entries, provider);
    if (!first) {
      config.problem = "Choose a model in the settings: the provider " +
                       in_quotes(entries[provider].name) +
                       " lists none, and no primary model is set.";
    }
    return first;
  }
  auto choice = resolve_model(entries, provider, source.primary_model);
  if (!choice) {
    config.problem =
        "Choose another primary model in the settings: " + in_quotes(source.primary_model) +
        " is no model of an active provider.";
    return std::nullopt;
  }
  if (entries[choice->provider].problem) {
    config.problem = entries[choice->provider].problem;
    return std::nullopt;
  }
  return choice;
}

// A fallback that cannot be used is left out: the agent works without it.
std::vector<ModelChoice> choose_fallbacks(const AgentConfigSource& source,
                                          const std::vector<ProviderEntry>& entries,
                                          std::size_t provider, const ModelChoice& primary,
                                          RenderedConfig& config) {
  std::vector<ModelChoice> fallbacks;
  std::set<std::string> seen{reference_of(entries, primary)};
  for (const auto& reference : source.fallback_models) {
    if (fallbacks.size() == max_fallbacks) {
      config.warnings.push_back("Only the first " + std::to_string(max_fallbacks) +
                                " fallback models are used.");
      break;
    }
    auto choice = resolve_model(entries, provider, reference);
    if (!choice) {
      config.warnings.push_back("The fallback model " + in_quotes(reference) +
                                " is left out: it is no model of an active provider.");
    } else if (entries[choice->provider].problem) {
      config.warnings.push_back("The fallback model " + in_quotes(reference) +
                                " is left out: " + *entries[choice->provider].problem);
    } else if (seen.insert(reference_of(entries, *choice)).second) {
      fallbacks.push_back(std::move(*choice));
    }
  }
  return fallbacks;
}

std::optional<Selection> select_models(const AgentConfigSource& source,
                                       std::vector<ProviderEntry>& entries,
                                       RenderedConfig& config) {
  const auto provider = default_provider(entries, source.provider_id);
  if (!provider) {
    config.problem = "Add a provider with an API key in the settings: there is no active one.";
    return std::nullopt;
  }
  if (!source.provider_id.empty() && entries[*provider].row_id != source.provider_id) {
    config.warnings.push_back("The default provider is gone or inactive; " +
                              in_quotes(entries[*provider].name) + " stands in for it.");
  }
  auto primary = choose_primary(source, entries, *provider, config);
  if (!primary) return std::nullopt;
  auto fallbacks = choose_fallbacks(source, entries, *provider, *primary, config);
  add_missing_model(entries, *primary);
  for (const auto& fallback : fallbacks) add_missing_model(entries, fallback);
  return Selection{std::move(*primary), std::move(fallbacks)};
}

Json model_json(const ModelEntry& model) {
  Json json{{"id", escape_environment_references(model.id)},
            {"name", escape_environment_references(model.name)}};
  if (model.context_window) json["contextWindow"] = *model.context_window;
  if (model.max_tokens) json["maxTokens"] = *model.max_tokens;
  return json;
}

struct WayToProvider {
  std::string base_url;
  std::string api_key;
};

// Injected keys: the gateway puts in from its own environment (runtime/docker/agent_template, runtime/boot) where we are
// and who it is, so that the text holds no secret at all.
WayToProvider way_to(const ProviderEntry& entry, ProviderKeys keys) {
  if (keys == ProviderKeys::delivered) {
    return {escape_environment_references(entry.base_url),
            escape_environment_references(entry.api_key)};
  }
  return {"${MOSAIC_API_URL}" + std::string(provider_proxy_prefix) + "/${AGENT_KIND}/${AGENT_ID}/" +
              entry.key,
          "${OPENCLAW_GATEWAY_TOKEN}"};
}

Json providers_json(const std::vector<ProviderEntry>& entries, const RenderSettings& settings,
                    RenderedConfig& config) {
  auto providers = Json::object();
  for (const auto& entry : entries) {
    if (entry.problem) {
      config.warnings.push_back("The provider " + in_quotes(entry.name) +
                                " is left out: " + *entry.problem);
      continue;
    }
    if (entry.models.empty()) continue;  // nothing of it can be used
    auto models = Json::array();
    for (const auto& model : entry.models) models.push_back(model_json(model));
    // Without a runtime of its own, OpenClaw hands the official endpoints to plugins, which are
    // off.
    const auto way = way_to(entry, settings.provider_keys);
    providers[entry.key] = {{"baseUrl", way.base_url},
                            {"api", entry.api},
                            {"apiKey", way.api_key},
                            {"agentRuntime", {{"id", "openclaw"}}},
                            {"models", std::move(models)}};
  }
  return providers;
}

Json gateway_json() {
  return {{"mode", "local"},
          {"port", gateway_port},
          {"bind", "lan"},
          {"auth", {{"mode", "token"}}},
          {"http", {{"endpoints", {{"chatCompletions", {{"enabled", true}}}}}}},
          {"controlUi", {{"enabled", false}}},
          {"terminal", {{"enabled", false}}},
          {"cliAgents", {{"enabled", false}}}};
}

Json agents_json(const std::vector<ProviderEntry>& entries, const Selection& selection,
                 const RenderSettings& settings) {
  auto fallbacks = Json::array();
  for (const auto& fallback : selection.fallbacks) {
    fallbacks.push_back(escape_environment_references(reference_of(entries, fallback)));
  }
  const auto primary = escape_environment_references(reference_of(entries, selection.primary));
  return {{"defaults",
           {{"workspace", settings.workspace},
            {"model", {{"primary", primary}, {"fallbacks", std::move(fallbacks)}}},
            {"skipBootstrap", true},
            {"skills", Json::array()},
            {"heartbeat", {{"every", "0m"}}}}}};
}

// Everything but providers and models is the same for all agents: what the chat endpoint needs, and
// nothing that costs memory, phones home or opens another way in.
Json document(const std::vector<ProviderEntry>& entries, const Selection& selection,
              const RenderSettings& settings, RenderedConfig& config) {
  return {
      {"gateway", gateway_json()},
      {"agents", agents_json(entries, selection, settings)},
      // "replace": what an older configuration left in the state volume must not win over the rows.
      {"models",
       {{"mode", "replace"},
        {"catalogRefresh", {{"enabled", false}}},
        {"providers", providers_json(entries, settings, config)}}},
      {"tools", {{"profile", settings.tool_profile}}},
      {"plugins", {{"enabled", false}}},
      {"session", {{"maintenance", {{"mode", "warn"}}}}},
      {"discovery", {{"mdns", {{"mode", "off"}}}}},
      {"update", {{"checkOnStart", false}, {"auto", {{"enabled", false}}}}},
      {"telemetry", {{"enabled", false}}},
      {"browser", {{"enabled", false}}},
      {"logging", {{"level", "warn"}}}};
}

std::optional<std::string> problem_of_settings(const AgentConfigSource& source,
                                               const RenderSettings& settings) {
  if (std::find(tool_profiles.begin(), tool_profiles.end(), settings.tool_profile) ==
      tool_profiles.end()) {
    return "Set fleet.toolProfile to minimal, coding, messaging or full: OpenClaw knows no "
           "profile " +
           in_quotes(settings.tool_profile) + ".";
  }
  if (source.personality.size() > max_personality_bytes) {
    return "Shorten the personality in the settings: it is longer than 64 KB.";
  }
  return std::nullopt;
}

}  // namespace

RenderSettings render_settings_of(const FleetSettings& fleet) {
  RenderSettings settings;
  settings.tool_profile = fleet.tool_profile;
  settings.provider_keys = fleet.provider_keys;
  return settings;
}

RenderedConfig render_agent_config(const AgentConfigSource& source,
                                   const std::map<std::string, std::string>& provider_keys,
                                   const RenderSettings& settings) {
  RenderedConfig config;
  config.problem = problem_of_settings(source, settings);
  if (config.problem) return config;
  config.soul_md = soul_text(source);
  config.agents_md = agents_text(source);
  config.identity_md = identity_text(source);
  auto entries = make_provider_entries(source.providers, provider_keys);
  const auto selection = select_models(source, entries, config);
  if (!selection) return config;
  config.primary_model = reference_of(entries, selection->primary);
  const auto json = document(entries, *selection, settings, config);
  // Rows are UTF-8; should one be not, a replacement character is better than no agent.
  config.openclaw_json = json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
  return config;
}

}  // namespace mosaic
