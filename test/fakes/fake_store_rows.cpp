// What a person or another program does to the rows of FakeStore.
#include <algorithm>
#include <tuple>

#include "test/fakes/fake_store.hpp"
#include "test/fakes/fake_store_frame.hpp"

namespace mosaic {

void FakeStore::put_agent(AgentRow row) {
  locked_then_notify([&] {
    if (auto* agent = stored(row.key)) {
      update_spec(*agent, std::move(row));
      return;
    }
    const ResourceKey key = row.key;
    auto& agent = agents_[key];
    agent.row = std::move(row);
    configuration_changed(agent);
  });
}

bool FakeStore::edit_agent(const ResourceKey& key, const std::function<void(AgentRow&)>& edit) {
  return locked_then_notify([&] {
    auto* agent = stored(key);
    if (agent == nullptr) return false;
    AgentRow row = agent->row;
    edit(row);
    update_spec(*agent, std::move(row));
    return true;
  });
}

bool FakeStore::delete_agent(const ResourceKey& key) {
  return locked_then_notify([&] { return erase_with_tombstone(key); });
}

void FakeStore::provider_changed(const ProviderRow& provider) {
  for (auto& [key, agent] : agents_) {
    if (uses_provider(agent, provider)) configuration_changed(agent);
  }
}

void FakeStore::put_provider(ProviderRow provider) {
  locked_then_notify([&] {
    if (const auto found = providers_.find(provider.id); found != providers_.end())
      provider_changed(found->second);
    const std::string id = provider.id;
    providers_[id] = std::move(provider);
    provider_changed(providers_[id]);
  });
}

void FakeStore::delete_provider(const std::string& id) {
  locked_then_notify([&] {
    const auto found = providers_.find(id);
    if (found == providers_.end()) return;
    provider_changed(found->second);
    providers_.erase(found);
  });
}

void FakeStore::put_user_config(const std::string& owner, FakeAgentConfig config) {
  locked_then_notify([&] {
    user_configs_[owner] = std::move(config);
    for (auto& [key, agent] : agents_) {
      if (key.kind == ResourceKind::user_container && agent.row.owner == owner)
        configuration_changed(agent);
    }
  });
}

void FakeStore::put_system_config(const std::string& id, FakeAgentConfig config) {
  locked_then_notify([&] {
    auto* agent = stored(ResourceKey{ResourceKind::system_container, id});
    if (agent != nullptr) update_system(*agent, agent->row, std::move(config));
  });
}

// Row and configuration are columns of one table: both may change, in one generation.
void FakeStore::update_system(StoredAgent& agent, AgentRow row, FakeAgentConfig config) {
  const auto generation = agent.row.generation;
  const bool config_differs = agent.system_config != config;
  agent.system_config = std::move(config);
  update_spec(agent, std::move(row));
  if (!config_differs) return;
  agent.configured = ++sequence_;
  if (agent.row.generation != generation) return;
  ++agent.row.generation;
  changed(agent, ChangeUrgency::spec_change);
}

bool FakeStore::insert_agent(AgentRow row, FakeAgentConfig config) {
  return locked_then_notify([&] {
    for (const auto& [key, agent] : agents_) {
      if (key.kind == row.key.kind && (key.name == row.key.name || agent.row.owner == row.owner))
        return false;
    }
    const ResourceKey key = row.key;
    auto& agent = agents_[key];
    agent.row = std::move(row);
    agent.system_config = std::move(config);
    configuration_changed(agent);
    return true;
  });
}

bool FakeStore::edit_system_agent(const std::string& id,
                                  const std::function<void(AgentRow&, FakeAgentConfig&)>& edit) {
  return locked_then_notify([&] {
    auto* agent = stored(ResourceKey{ResourceKind::system_container, id});
    if (agent == nullptr) return false;
    AgentRow row = agent->row;
    FakeAgentConfig config = agent->system_config;
    edit(row, config);
    update_system(*agent, std::move(row), std::move(config));
    return true;
  });
}

std::vector<ProviderRow> FakeStore::all_providers() const {
  const std::lock_guard lock(mutex_);
  std::vector<ProviderRow> rows;
  for (const auto& [id, provider] : providers_) rows.push_back(provider);
  std::sort(rows.begin(), rows.end(), [](const ProviderRow& left, const ProviderRow& right) {
    return std::tie(left.name, left.id) < std::tie(right.name, right.id);
  });
  return rows;
}

void FakeStore::write_settings(const std::map<std::string, std::optional<FakeSetting>>& changes) {
  locked_then_notify([&] {
    bool fleet_changed = false;
    for (const auto& [key, setting] : changes) {
      const bool changed = setting.has_value() || settings_.contains(key);
      fleet_changed = fleet_changed || (changed && key.starts_with("fleet."));
      if (changed) setting_changed(key);
      if (setting) {
        settings_[key] = *setting;
      } else {
        settings_.erase(key);
      }
    }
    if (!fleet_changed) return;
    pending_.push_back(Notice{Notice::Kind::settings, {}, ChangeUrgency::spec_change});
  });
}

std::map<std::string, FakeSetting> FakeStore::all_settings(const std::string& prefix) const {
  const std::lock_guard lock(mutex_);
  std::map<std::string, FakeSetting> values;
  for (const auto& [key, setting] : settings_) {
    if (key.starts_with(prefix)) values.emplace(key, setting);
  }
  return values;
}

void FakeStore::put_breakglass_user(const std::string& id, bool active) {
  locked_then_notify([&] {
    breakglass_users_[id] = active;
    for (auto& [key, agent] : agents_) {
      const bool by_default = agent.system_config.provider_id.empty();
      if (key.kind == ResourceKind::system_container && by_default) configuration_changed(agent);
    }
  });
}

}  // namespace mosaic
