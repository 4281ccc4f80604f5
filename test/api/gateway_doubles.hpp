// Stand-ins for what the gateway's thinking parts need beside the store: an executor that runs when it is told to, and
// the settings of people whose agents live in a FakeStore.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "api/gateway/agent_desk.hpp"
#include "store/settings_store.hpp"
#include "test/fakes/fake_store.hpp"

namespace mosaic {

// Single-threaded: whoever calls run_all() is the pool.
class ManualExecutor {
 public:
  BlockingExecutor executor() {
    return [this](std::function<void()> work) {
      if (full) return false;
      work_.push_back(std::move(work));
      return true;
    };
  }
  void run_all() {
    while (!work_.empty()) {
      const auto work = std::move(work_.front());
      work_.pop_front();
      work();
    }
  }
  std::size_t waiting() const { return work_.size(); }

  bool full = false;

 private:
  std::deque<std::function<void()>> work_;
};

// Only what the desk asks for; the rest says so.
class PeoplesAgents final : public SettingsStore {
 public:
  explicit PeoplesAgents(FakeStore& store) : store_(store) {}

  void put_provider(const std::string& owner, bool active = true) {
    ProviderRow provider;
    provider.id = "provider-" + owner;
    provider.owner = owner;
    provider.active = active;
    const std::lock_guard lock(mutex_);
    providers_[owner] = {provider};
  }
  bool refuse_new_agents = false;

  std::vector<ProviderRow> list_providers(const std::string& owner) override {
    const std::lock_guard lock(mutex_);
    return providers_[owner];
  }
  std::optional<AgentRow> find_user_agent(const std::string& owner) override {
    std::optional<AgentRow> found;
    store_.for_each_agent([&](AgentRow&& row) {
      if (row.key.kind == ResourceKind::user_container && row.owner == owner)
        found = std::move(row);
    });
    return found;
  }
  WriteOutcome create_user_agent(const NewUserContainer& agent) override {
    if (refuse_new_agents) return WriteOutcome::refused;
    if (find_user_agent(agent.user_id)) return WriteOutcome::taken;
    AgentRow row;
    row.key = ResourceKey(ResourceKind::user_container, agent.id);
    row.owner = agent.user_id;
    row.container_name = agent.container_name;
    row.gateway_token = agent.gateway_token;
    store_.put_agent(row);
    return WriteOutcome::done;
  }

  std::optional<ProviderRow> find_provider(const std::string&, const std::string&) override {
    not_asked_for();
  }
  WriteOutcome create_provider(const ProviderRow&) override { not_asked_for(); }
  WriteOutcome update_provider(const ProviderRow&, IfGeneration) override { not_asked_for(); }
  WriteOutcome delete_provider(const std::string&, const std::string&, IfGeneration) override {
    not_asked_for();
  }
  std::optional<AgentPreferences> find_preferences(const std::string&) override { not_asked_for(); }
  WriteOutcome put_preferences(const AgentPreferences&, IfGeneration) override { not_asked_for(); }
  WriteOutcome update_user_agent(const std::string&, const UserAgentChange&,
                                 IfGeneration) override {
    not_asked_for();
  }
  WriteOutcome create_system_agent(const NewSystemContainer&) override { not_asked_for(); }
  WriteOutcome update_system_agent(const std::string&, const SystemAgentChange&,
                                   IfGeneration) override {
    not_asked_for();
  }
  std::vector<AgentRow> list_agents(const AgentListQuery&) override { not_asked_for(); }
  int stop_all(ResourceKind) override { not_asked_for(); }
  std::map<std::string, ConfigValue> read_config(const std::string&) override { not_asked_for(); }
  void write_config(const std::vector<ConfigChange>&) override { not_asked_for(); }
  BreakglassResult upsert_breakglass(const std::string&, const std::string&,
                                     const std::string&) override {
    not_asked_for();
  }
  std::vector<BreakglassUser> list_breakglass() override { not_asked_for(); }

 private:
  [[noreturn]] static void not_asked_for() {
    throw std::logic_error("the desk has no business with this");
  }

  FakeStore& store_;
  std::mutex mutex_;
  std::map<std::string, std::vector<ProviderRow>> providers_;
};

}  // namespace mosaic
