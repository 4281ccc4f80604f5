#include "test/fakes/fake_settings_store.hpp"

#include <algorithm>
#include <tuple>

#include "model/stored_text.hpp"

namespace mosaic {
namespace {

auto contents_of(const ProviderRow& row) {
  return std::tie(row.name, row.display_name, row.type, row.base_url, row.api_key, row.api_type,
                  row.models_json, row.active);
}

auto contents_of(const AgentPreferences& row) {
  return std::tie(row.primary_model, row.fallback_models, row.personality, row.provider_id);
}

ProviderRow with_defaults(ProviderRow row) {
  if (row.models_json.empty()) row.models_json = "[]";
  if (row.api_type.empty()) row.api_type = "openai-completions";
  for (auto* text : {&row.name, &row.display_name, &row.type, &row.base_url, &row.api_key})
    *text = storable_text(*text);
  return row;
}

AgentRow new_row(ResourceKind kind, const std::string& id, const NewAgentOptions& options) {
  AgentRow row;
  row.key = ResourceKey(kind, storable_text(id));
  row.desired_state = options.desired_state;
  row.image = options.image;
  row.memory_mb = options.memory_mb;
  row.cpu_milli = options.cpu_milli;
  return row;
}

template <typename Value>
void replace(Value& value, const std::optional<Value>& by) {
  if (by) value = *by;
}

}  // namespace

std::unique_lock<std::mutex> FakeSettingsStore::begin() {
  std::unique_lock lock(mutex_);
  if (failures_left_ > 0) {
    --failures_left_;
    throw StoreError("the database did not answer");
  }
  return lock;
}

void FakeSettingsStore::fail_next(int operations) {
  const std::lock_guard lock(mutex_);
  failures_left_ = operations;
}

std::optional<ProviderRow> FakeSettingsStore::provider_with(const std::string& id) const {
  for (const auto& row : store_.all_providers()) {
    if (row.id == id) return row;
  }
  return std::nullopt;
}

bool FakeSettingsStore::name_taken(const ProviderRow& provider) const {
  const auto rows = store_.all_providers();
  return std::any_of(rows.begin(), rows.end(), [&](const ProviderRow& row) {
    return row.id != provider.id && row.owner == provider.owner && row.name == provider.name;
  });
}

std::vector<ProviderRow> FakeSettingsStore::list_providers(const std::string& owner) {
  const auto lock = begin();
  auto rows = store_.all_providers();
  std::erase_if(rows, [&](const ProviderRow& row) { return row.owner != owner; });
  return rows;
}

std::optional<ProviderRow> FakeSettingsStore::find_provider(const std::string& owner,
                                                            const std::string& id) {
  const auto lock = begin();
  auto row = provider_with(id);
  if (!row || row->owner != owner) return std::nullopt;
  return row;
}

WriteOutcome FakeSettingsStore::create_provider(const ProviderRow& provider) {
  const auto lock = begin();
  ProviderRow row = with_defaults(provider);
  if (provider_with(row.id) || name_taken(row)) return WriteOutcome::taken;
  row.generation = 1;
  store_.put_provider(std::move(row));
  return WriteOutcome::done;
}

WriteOutcome FakeSettingsStore::update_provider(const ProviderRow& provider,
                                                IfGeneration if_generation) {
  const auto lock = begin();
  ProviderRow row = with_defaults(provider);
  const auto present = provider_with(row.id);
  if (!present || present->owner != row.owner) return WriteOutcome::not_found;
  if (if_generation && *if_generation != present->generation) return WriteOutcome::stale;
  if (name_taken(row)) return WriteOutcome::taken;
  row.generation = present->generation;
  if (contents_of(row) == contents_of(*present)) return WriteOutcome::done;
  ++row.generation;
  store_.put_provider(std::move(row));
  return WriteOutcome::done;
}

WriteOutcome FakeSettingsStore::delete_provider(const std::string& owner, const std::string& id,
                                                IfGeneration if_generation) {
  const auto lock = begin();
  const auto present = provider_with(id);
  if (!present || present->owner != owner) return WriteOutcome::not_found;
  if (if_generation && *if_generation != present->generation) return WriteOutcome::stale;
  store_.delete_provider(id);
  return WriteOutcome::done;
}

std::optional<AgentPreferences> FakeSettingsStore::find_preferences(const std::string& owner) {
  const auto lock = begin();
  const auto found = preferences_.find(owner);
  if (found == preferences_.end()) return std::nullopt;
  return found->second;
}

WriteOutcome FakeSettingsStore::put_preferences(const AgentPreferences& preferences,
                                                IfGeneration if_generation) {
  const auto lock = begin();
  const std::string owner = storable_text(preferences.user_id);
  const auto found = preferences_.find(owner);
  const std::int64_t generation = found == preferences_.end() ? 0 : found->second.generation;
  if (if_generation && *if_generation != generation) return WriteOutcome::stale;
  AgentPreferences row = preferences;
  row.user_id = owner;
  row.personality = storable_text(row.personality);
  row.primary_model = storable_text(row.primary_model);
  row.generation = generation;
  if (found != preferences_.end()) row.id = found->second.id;
  if (found != preferences_.end() && contents_of(row) == contents_of(found->second))
    return WriteOutcome::done;
  ++row.generation;
  preferences_[owner] = row;
  store_.put_user_config(
      owner, {row.primary_model, row.fallback_models, row.personality, row.provider_id});
  return WriteOutcome::done;
}

std::optional<AgentRow> FakeSettingsStore::find_user_agent(const std::string& owner) {
  const auto lock = begin();
  return store_.find_user_agent(owner);
}

bool FakeSettingsStore::touch_user_agent(const std::string& owner, TimePoint now) {
  const auto lock = begin();
  const auto row = store_.find_user_agent(owner);
  return row && store_.touch(row->key, now);
}

bool FakeSettingsStore::set_user_agent_state(const std::string& owner, DesiredState state) {
  const auto lock = begin();
  const auto row = store_.find_user_agent(owner);
  return row && store_.set_desired_state(row->key, state);
}

bool FakeSettingsStore::restart_user_agent(const std::string& owner, TimePoint now) {
  const auto lock = begin();
  const auto row = store_.find_user_agent(owner);
  return row && store_.request_restart(row->key, now);
}

bool FakeSettingsStore::replace_user_agent_token(const std::string& owner,
                                                 const std::string& token) {
  const auto lock = begin();
  const auto row = store_.find_user_agent(owner);
  return row && store_.replace_token(row->key, token);
}

std::optional<AgentConfigSource> FakeSettingsStore::find_config_source(const std::string& owner,
                                                                       const ResourceKey& key) {
  const auto lock = begin();
  const auto row = store_.find_user_agent(owner);
  return row && row->key == key ? store_.find_config_source(key) : std::nullopt;
}

WriteOutcome FakeSettingsStore::create_user_agent(const NewUserContainer& agent) {
  const auto lock = begin();
  AgentRow row = new_row(ResourceKind::user_container, agent.id, agent.options);
  row.owner = storable_text(agent.user_id);
  row.container_name = agent.container_name;
  row.gateway_token = agent.gateway_token;
  row.idle_timeout = std::chrono::minutes(agent.idle_timeout_min.value_or(30));
  return store_.insert_agent(std::move(row), {}) ? WriteOutcome::done : WriteOutcome::taken;
}

WriteOutcome FakeSettingsStore::update_user_agent(const std::string& owner, const std::string& id,
                                                  const UserAgentChange& change,
                                                  IfGeneration if_generation) {
  const auto lock = begin();
  WriteOutcome outcome = WriteOutcome::not_found;
  store_.edit_agent(ResourceKey(ResourceKind::user_container, id), [&](AgentRow& row) {
    if (row.owner != owner) return;
    outcome = WriteOutcome::stale;
    if (if_generation && *if_generation != row.generation) return;
    outcome = WriteOutcome::done;
    if (change.idle_timeout_min) row.idle_timeout = std::chrono::minutes(*change.idle_timeout_min);
    replace(row.desired_state, change.desired_state);
    replace(row.image, change.image);
    replace(row.memory_mb, change.memory_mb);
    replace(row.cpu_milli, change.cpu_milli);
  });
  return outcome;
}

WriteOutcome FakeSettingsStore::create_system_agent(const NewSystemContainer& agent) {
  const auto lock = begin();
  AgentRow row = new_row(ResourceKind::system_container, agent.id, agent.options);
  row.owner = row.container_name = storable_text(agent.name);
  row.role = agent.role;
  row.gateway_token = agent.gateway_token;
  row.active = agent.active;
  FakeAgentConfig config;
  config.primary_model = agent.primary_model;
  config.provider_id = agent.provider_id;
  return store_.insert_agent(std::move(row), std::move(config)) ? WriteOutcome::done
                                                                : WriteOutcome::taken;
}

WriteOutcome FakeSettingsStore::update_system_agent(const std::string& id,
                                                    const SystemAgentChange& change,
                                                    IfGeneration if_generation) {
  const auto lock = begin();
  WriteOutcome outcome = WriteOutcome::not_found;
  store_.edit_system_agent(id, [&](AgentRow& row, FakeAgentConfig& config) {
    outcome = WriteOutcome::stale;
    if (if_generation && *if_generation != row.generation) return;
    outcome = WriteOutcome::done;
    replace(row.role, change.role);
    replace(config.primary_model, change.primary_model);
    replace(config.provider_id, change.provider_id);
    replace(row.active, change.active);
    replace(row.image, change.image);
    replace(row.memory_mb, change.memory_mb);
    replace(row.cpu_milli, change.cpu_milli);
  });
  return outcome;
}

std::vector<AgentRow> FakeSettingsStore::list_agents(const AgentListQuery& query) {
  const auto lock = begin();
  const auto limit = static_cast<std::size_t>(std::clamp(query.limit, 1, 1000));
  std::vector<AgentRow> page;
  store_.for_each_agent([&](AgentRow&& row) {
    const bool wanted = row.key.kind == query.kind && row.key.name > query.after_id &&
                        (!query.phase || row.status.phase == *query.phase) &&
                        (query.owner.empty() || row.owner == query.owner);
    if (wanted && page.size() < limit) page.push_back(std::move(row));
  });
  return page;
}

int FakeSettingsStore::stop_all(ResourceKind kind) {
  const auto lock = begin();
  std::vector<ResourceKey> awake;
  store_.for_each_agent([&](AgentRow&& row) {
    if (row.key.kind == kind && row.desired_state != DesiredState::stopped)
      awake.push_back(row.key);
  });
  for (const auto& key : awake)
    store_.edit_agent(key, [](AgentRow& row) { row.desired_state = DesiredState::stopped; });
  return static_cast<int>(awake.size());
}

std::map<std::string, ConfigValue> FakeSettingsStore::read_config(const std::string& prefix) {
  const auto lock = begin();
  std::map<std::string, ConfigValue> values;
  for (const auto& [key, setting] : store_.all_settings(prefix))
    values[key] = ConfigValue{setting.value, setting.encrypted};
  return values;
}

void FakeSettingsStore::write_config(const std::vector<ConfigChange>& changes) {
  const auto lock = begin();
  std::map<std::string, std::optional<FakeSetting>> wanted;
  for (const auto& change : changes) {
    auto& setting = wanted[storable_text(change.key)];
    setting.reset();
    if (change.value)
      setting = FakeSetting{storable_text(change.value->value), change.value->encrypted};
  }
  store_.write_settings(wanted);
}

BreakglassResult FakeSettingsStore::upsert_breakglass(const std::string& id,
                                                      const std::string& username,
                                                      const std::string& password_hash) {
  const auto lock = begin();
  const auto result = accounts_.upsert_breakglass(id, username, password_hash);
  store_.put_breakglass_user(result.id, true);
  return result;
}

std::vector<BreakglassUser> FakeSettingsStore::list_breakglass() {
  const auto lock = begin();
  return accounts_.list_breakglass();
}

}  // namespace mosaic
