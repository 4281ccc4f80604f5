#include "api/change_preview.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <tuple>

#include "api/provider_input.hpp"

namespace mosaic {
namespace {

constexpr int page_size = 1000;

bool has_process(const AgentRow& row) {
  switch (row.status.phase) {
    case Phase::starting:
    case Phase::running:
    case Phase::draining:
    case Phase::paused:
    case Phase::hibernated:
      return true;
    default:
      return false;
  }
}

AgentEffect effect_on(const AgentRow& row, ChangeEffect effect) {
  return {row.key, row.owner, has_process(row) ? effect : ChangeEffect::none, ""};
}

ChangeEffect restart_if(bool changed) {
  return changed ? ChangeEffect::restart : ChangeEffect::none;
}

void order_by_name(std::vector<ProviderRow>& providers) {
  std::sort(providers.begin(), providers.end(), [](const auto& left, const auto& right) {
    return std::tie(left.name, left.id) < std::tie(right.name, right.id);
  });
}

// The providers as the agent will see them: active ones only, in the store's order.
void replace_provider(std::vector<ProviderRow>& providers, const std::string& id,
                      const std::optional<ProviderRow>& after) {
  std::erase_if(providers, [&](const auto& provider) { return provider.id == id; });
  if (!after || !after->active) return;
  providers.push_back(*after);
  order_by_name(providers);
}

template <typename Change>
bool changes_container(const AgentRow& row, const Change& change) {
  return (change.image && *change.image != row.image) ||
         (change.memory_mb && *change.memory_mb != row.memory_mb) ||
         (change.cpu_milli && *change.cpu_milli != row.cpu_milli);
}

}  // namespace

std::vector<AgentEffect> ChangePreview::of_provider(const std::string& owner, const std::string& id,
                                                    const std::optional<ProviderRow>& after) const {
  std::vector<AgentEffect> effects;
  const auto look_at = [&](const AgentRow& row, const std::optional<AgentConfigSource>& before) {
    if (!before || !serves(*before, owner)) return;
    auto changed = *before;
    replace_provider(changed.providers, id, after);
    effects.push_back(compare(row, *before, changed));
  };
  if (const auto own = settings_.find_user_agent(owner))
    look_at(*own, settings_.find_config_source(owner, own->key));
  for (const auto& row : agents_of_kind(ResourceKind::system_container))
    look_at(row, agents_.find_config_source(row.key));
  return effects;
}

std::vector<AgentEffect> ChangePreview::of_preferences(const AgentPreferences& after) const {
  const auto row = settings_.find_user_agent(after.user_id);
  const auto before = row ? settings_.find_config_source(after.user_id, row->key) : std::nullopt;
  if (!before) return {};
  auto changed = *before;
  changed.primary_model = after.primary_model;
  changed.fallback_models = after.fallback_models;
  changed.personality = after.personality;
  changed.provider_id = after.provider_id;
  return {compare(*row, *before, changed)};
}

std::vector<AgentEffect> ChangePreview::of_user_agent(const AgentRow& row,
                                                      const UserAgentChange& change) const {
  return {effect_on(row, restart_if(changes_container(row, change)))};
}

std::vector<AgentEffect> ChangePreview::of_system_agent(const AgentRow& row,
                                                        const SystemAgentChange& change) const {
  const auto before = agents_.find_config_source(row.key);
  if (!before) return {};
  auto changed = *before;
  if (change.role) changed.role = *change.role;
  if (change.primary_model) changed.primary_model = *change.primary_model;
  if (change.provider_id && *change.provider_id != before->provider_id) {
    changed.provider_id = *change.provider_id;
    changed.providers = shared_providers();
    const auto named =
        std::find_if(changed.providers.begin(), changed.providers.end(),
                     [&](const auto& provider) { return provider.id == *change.provider_id; });
    if (named != changed.providers.end()) {
      const auto owner = named->owner;
      std::erase_if(changed.providers,
                    [&](const auto& provider) { return provider.owner != owner; });
    }
  }
  auto effect = compare(row, *before, changed);
  if (changes_container(row, change)) effect = effect_on(row, ChangeEffect::restart);
  return {effect};
}

std::vector<AgentEffect> ChangePreview::of_fleet_settings(const FleetSettings& before,
                                                          const FleetSettings& after) const {
  std::vector<AgentEffect> effects;
  agents_.scan_agents([&](AgentRow&& row) {
    const bool restarts = (row.image.empty() && before.image != after.image) ||
                          (!row.memory_mb && before.limits.memory_mb != after.limits.memory_mb) ||
                          (!row.cpu_milli && before.limits.cpu_milli != after.limits.cpu_milli) ||
                          before.limits.pids != after.limits.pids ||
                          before.sleep.hibernate != after.sleep.hibernate ||
                          before.tool_profile != after.tool_profile;
    // A large fleet sleeps for its greatest part; who is not affected is not worth a line here.
    const bool reloads = before.provider_keys != after.provider_keys;
    if ((restarts || reloads) && has_process(row))
      effects.push_back(effect_on(row, restarts ? ChangeEffect::restart : ChangeEffect::reload));
  });
  return effects;
}

std::vector<ProviderRow> ChangePreview::shared_providers() const {
  std::vector<ProviderRow> shared;
  for (const auto& user : settings_.list_breakglass()) {
    if (!user.active) continue;
    for (auto& provider : settings_.list_providers(user.id)) {
      if (provider.active) shared.push_back(std::move(provider));
    }
  }
  order_by_name(shared);
  return shared;
}

FleetSettings ChangePreview::fleet_settings() const {
  std::vector<std::string> problems;  // told by the controller, which heeds them
  return FleetSettings::parse(agents_.settings("fleet."), problems);
}

RenderedConfig ChangePreview::render(const AgentConfigSource& source,
                                     const RenderSettings& settings) const {
  std::map<std::string, std::string> keys;
  for (const auto& provider : source.providers) {
    if (auto key = plain_key(provider, secrets_)) keys[provider.id] = std::move(*key);
  }
  return render_agent_config(source, keys, settings);
}

AgentEffect ChangePreview::compare(const AgentRow& row, const AgentConfigSource& before,
                                   const AgentConfigSource& after) const {
  const auto settings = render_settings_of(fleet_settings());
  const auto wanted = render(after, settings);
  auto effect = effect_on(row, change_effect(render(before, settings), wanted));
  effect.problem = wanted.problem.value_or("");
  return effect;
}

// Whether this agent's models come from that owner's providers.
bool ChangePreview::serves(const AgentConfigSource& source, const std::string& owner) const {
  if (source.key.kind == ResourceKind::user_container) return source.owner == owner;
  if (!source.provider_id.empty()) {
    return std::any_of(source.providers.begin(), source.providers.end(),
                       [&](const auto& provider) { return provider.owner == owner; });
  }
  const auto users = settings_.list_breakglass();
  return std::any_of(users.begin(), users.end(),
                     [&](const auto& user) { return user.active && user.id == owner; });
}

std::vector<AgentRow> ChangePreview::agents_of_kind(ResourceKind kind) const {
  AgentListQuery query;
  query.kind = kind;
  query.limit = page_size;
  return settings_.list_agents(query);
}

nlohmann::ordered_json to_json(const std::vector<AgentEffect>& effects) {
  auto list = nlohmann::ordered_json::array();
  for (const auto& effect : effects) {
    nlohmann::ordered_json entry;
    entry["agent"] = {
        {"kind", short_name(effect.key.kind)}, {"id", effect.key.name}, {"name", effect.name}};
    entry["effect"] = to_string(effect.effect);
    if (!effect.problem.empty()) entry["problem"] = effect.problem;
    list.push_back(std::move(entry));
  }
  return list;
}

}  // namespace mosaic
