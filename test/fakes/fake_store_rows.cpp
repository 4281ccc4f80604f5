// What a person or another program does to the rows of FakeStore.
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
    changed(agent, ChangeUrgency::spec_change);
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
    if (uses_provider(agent, provider)) changed(agent, ChangeUrgency::spec_change);
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
        changed(agent, ChangeUrgency::spec_change);
    }
  });
}

void FakeStore::put_system_config(const std::string& id, FakeAgentConfig config) {
  locked_then_notify([&] {
    auto* agent = stored(ResourceKey{ResourceKind::system_container, id});
    if (agent == nullptr || agent->system_config == config) return;
    agent->system_config = std::move(config);
    ++agent->row.generation;
    changed(*agent, ChangeUrgency::spec_change);
  });
}

void FakeStore::put_breakglass_user(const std::string& id, bool active) {
  locked_then_notify([&] {
    breakglass_users_[id] = active;
    for (auto& [key, agent] : agents_) {
      const bool by_default = agent.system_config.provider_id.empty();
      if (key.kind == ResourceKind::system_container && by_default)
        changed(agent, ChangeUrgency::spec_change);
    }
  });
}

}  // namespace mosaic
