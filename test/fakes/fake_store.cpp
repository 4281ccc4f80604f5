#include "test/fakes/fake_store.hpp"

#include <algorithm>
#include <charconv>
#include <tuple>

#include "test/fakes/fake_store_frame.hpp"

namespace mosaic {

FakeStore::FakeStore(const Clock& clock, std::string instance_id)
    : clock_(clock), instance_id_(std::move(instance_id)) {}

void FakeStore::strike(std::string_view operation, StoreMoment moment) {
  FaultHook hook;
  {
    const std::lock_guard lock(mutex_);
    if (moment == StoreMoment::before && failures_left_ > 0) {
      --failures_left_;
      throw StoreError("the database did not answer");
    }
    hook = fault_hook_;
  }
  if (hook) hook(operation, moment);
}

void FakeStore::deliver(const std::vector<Notice>& notices) {
  ChangeListener* listener = nullptr;
  StatusListener* statuses = nullptr;
  {
    const std::lock_guard lock(mutex_);
    if (drop_notifications_) return;
    listener = listener_;
    statuses = status_listener_;
  }
  for (const auto& notice : notices) {
    if (notice.kind == Notice::Kind::status) {
      if (statuses != nullptr) statuses->on_status_moved(notice.key);
    } else if (listener != nullptr) {
      notice.kind == Notice::Kind::settings ? listener->on_settings_changed()
                                            : listener->on_row_changed(notice.key, notice.urgency);
    }
  }
}

FakeStore::StoredAgent* FakeStore::stored(const ResourceKey& key) {
  const auto found = agents_.find(key);
  return found == agents_.end() ? nullptr : &found->second;
}

std::optional<AgentRow> FakeStore::find_agent(const ResourceKey& key) {
  return perform("find_agent", [&]() -> std::optional<AgentRow> {
    const auto* agent = stored(key);
    if (agent == nullptr) return std::nullopt;
    return agent->row;
  });
}

std::optional<AgentRow> FakeStore::find_user_agent(const std::string& owner) {
  return perform("find_user_agent", [&]() -> std::optional<AgentRow> {
    for (const auto& [key, agent] : agents_) {
      if (key.kind == ResourceKind::user_container && agent.row.owner == owner) return agent.row;
    }
    return std::nullopt;
  });
}

void FakeStore::for_each_agent(const std::function<void(AgentRow&&)>& visitor) {
  auto rows = perform("for_each_agent", [&] {
    std::vector<AgentRow> copies;
    copies.reserve(agents_.size());
    for (const auto& [key, agent] : agents_) copies.push_back(agent.row);
    return copies;
  });
  for (auto& row : rows) visitor(std::move(row));
}

void FakeStore::scan_agents(const std::function<void(AgentRow&&)>& visitor) {
  for_each_agent([&](AgentRow&& row) {
    row.status.conditions.clear();
    visitor(std::move(row));
  });
}

std::vector<ResourceKey> FakeStore::find_keys(const std::string& id) {
  return perform("find_keys", [&] {
    std::vector<ResourceKey> keys;
    for (const auto kind : {ResourceKind::user_container, ResourceKind::system_container}) {
      if (stored(ResourceKey{kind, id}) != nullptr) keys.emplace_back(kind, id);
    }
    return keys;
  });
}

std::map<std::string, std::string> FakeStore::settings(const std::string& prefix) {
  return perform("settings", [&] {
    std::map<std::string, std::string> values;
    for (const auto& [key, setting] : settings_) {
      if (key.starts_with(prefix) && !setting.encrypted) values.emplace(key, setting.value);
    }
    return values;
  });
}

ChangeBatch FakeStore::changes_since(const std::string& cursor) {
  return perform("changes_since", [&] {
    ChangeBatch batch;
    const std::string life = std::to_string(life_) + ":";
    batch.cursor = life + std::to_string(sequence_);
    Sequence seen = 0;
    if (!cursor.starts_with(life) ||
        std::from_chars(cursor.data() + life.size(), cursor.data() + cursor.size(), seen).ec !=
            std::errc()) {
      batch.relist = true;
      return batch;
    }
    for (const auto& [key, agent] : agents_) {
      if (agent.changed > seen) batch.keys.push_back(key);
    }
    for (const auto& [key, tombstone] : tombstones_) {
      if (tombstone.changed > seen && stored(key) == nullptr) batch.keys.push_back(key);
    }
    batch.settings_changed = settings_changed_ > seen;
    return batch;
  });
}

bool FakeStore::is_admin(const std::string& owner) const {
  const auto user = breakglass_users_.find(owner);
  return user != breakglass_users_.end() && user->second;
}

bool FakeStore::uses_provider(const StoredAgent& agent, const ProviderRow& provider) const {
  if (agent.row.key.kind == ResourceKind::user_container) return provider.owner == agent.row.owner;
  const auto& chosen = agent.system_config.provider_id;
  if (chosen.empty()) return is_admin(provider.owner);
  const auto found = providers_.find(chosen);
  return found != providers_.end() && found->second.owner == provider.owner;
}

std::vector<ProviderRow> FakeStore::providers_of(const StoredAgent& agent) const {
  std::vector<ProviderRow> result;
  for (const auto& [id, provider] : providers_) {
    if (provider.active && uses_provider(agent, provider)) result.push_back(provider);
  }
  std::sort(result.begin(), result.end(), [](const ProviderRow& left, const ProviderRow& right) {
    return std::tie(left.name, left.id) < std::tie(right.name, right.id);
  });
  return result;
}

std::optional<AgentConfigSource> FakeStore::find_config_source(const ResourceKey& key) {
  return perform("find_config_source", [&]() -> std::optional<AgentConfigSource> {
    const auto* agent = stored(key);
    if (agent == nullptr) return std::nullopt;
    FakeAgentConfig config = agent->system_config;
    if (key.kind == ResourceKind::user_container) {
      const auto found = user_configs_.find(agent->row.owner);
      config = found == user_configs_.end() ? FakeAgentConfig{} : found->second;
    }
    AgentConfigSource source;
    source.key = key;
    source.owner = agent->row.owner;
    source.role = agent->row.role;
    source.gateway_token = agent->row.gateway_token;
    source.primary_model = config.primary_model;
    source.fallback_models = config.fallback_models;
    source.personality = config.personality;
    source.provider_id = config.provider_id;
    source.providers = providers_of(*agent);
    source.version = std::to_string(agent->configured) + "-" + std::to_string(rendering_changed_);
    return source;
  });
}

std::string FakeStore::instance_id() {
  return perform("instance_id", [&] { return instance_id_; });
}

void FakeStore::fail_next(int operations) {
  const std::lock_guard lock(mutex_);
  failures_left_ = operations;
}

void FakeStore::set_fault_hook(FaultHook hook) {
  const std::lock_guard lock(mutex_);
  fault_hook_ = std::move(hook);
}

void FakeStore::lose_agent(const ResourceKey& key) {
  const std::lock_guard lock(mutex_);
  agents_.erase(key);
}

void FakeStore::begin_another_life() {
  const std::lock_guard lock(mutex_);
  ++life_;
}

std::function<void()> FakeStore::picture() {
  const std::lock_guard lock(mutex_);
  return [this, agents = agents_, tombstones = tombstones_, providers = providers_,
          user_configs = user_configs_, breakglass_users = breakglass_users_, settings = settings_,
          events = events_, lease = lease_] {
    const std::lock_guard restoring(mutex_);
    agents_ = agents;
    tombstones_ = tombstones;
    providers_ = providers;
    user_configs_ = user_configs;
    breakglass_users_ = breakglass_users;
    settings_ = settings;
    events_ = events;
    lease_ = lease;
    ++life_;
  };
}

void FakeStore::set_listener(ChangeListener* listener) {
  const std::lock_guard lock(mutex_);
  listener_ = listener;
}

void FakeStore::set_status_listener(StatusListener* listener) {
  const std::lock_guard lock(mutex_);
  status_listener_ = listener;
}

void FakeStore::drop_notifications(bool drop) {
  const std::lock_guard lock(mutex_);
  drop_notifications_ = drop;
}

int FakeStore::status_writes() const {
  const std::lock_guard lock(mutex_);
  return status_writes_;
}

std::size_t FakeStore::agent_count() const {
  const std::lock_guard lock(mutex_);
  return agents_.size();
}

}  // namespace mosaic
