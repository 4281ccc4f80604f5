// What a store must bring along to be tried by the conformance suite: the store itself, and the
// hands of those who change rows behind its back. One harness is one fresh, empty database.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "model/agent.hpp"
#include "store/store.hpp"

namespace mosaic::conformance {

struct AgentSettings {
  std::string primary_model;
  std::vector<std::string> fallback_models;
  std::string personality;
  std::string provider_id;
};

// Remembers what it heard, as "user/a", "wake user/a", "settings" and "relist".
class RecordingListener final : public ChangeListener {
 public:
  void on_row_changed(const ResourceKey& key, ChangeUrgency urgency) override {
    add((urgency == ChangeUrgency::waiting_user ? "wake " : "") + to_string(key));
  }
  void on_settings_changed() override { add("settings"); }
  void on_relist_needed() override { add("relist"); }

  // False when it was not heard within ten seconds.
  bool wait_for(const std::string& word) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(10), [&] {
      for (const auto& heard : heard_) {
        if (heard == word) return true;
      }
      return false;
    });
  }
  std::vector<std::string> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(heard_, {});
  }

 private:
  void add(std::string word) {
    const std::lock_guard lock(mutex_);
    heard_.push_back(std::move(word));
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> heard_;
};

class StoreHarness {
 public:
  virtual ~StoreHarness() = default;
  virtual Store& store() = 0;
  virtual void insert_agent(const AgentRow& row) = 0;  // its spec side
  virtual void set_image(const ResourceKey& key, const std::string& image) = 0;
  virtual void delete_agent(const ResourceKey& key) = 0;
  virtual void lose_agent(const ResourceKey& key) = 0;  // without any trace
  virtual void put_provider(const ProviderRow& provider) = 0;
  virtual void put_user_settings(const std::string& owner, const AgentSettings& settings) = 0;
  virtual void put_system_settings(const std::string& id, const AgentSettings& settings) = 0;
  virtual void put_breakglass_user(const std::string& id, bool active) = 0;
  // From now on the listener hears of changes by notification alone.
  virtual void listen(RecordingListener& listener) = 0;
};

inline const ResourceKey alice{ResourceKind::user_container, "agent-alice"};
inline const ResourceKey bob{ResourceKind::user_container, "agent-bob"};
inline const ResourceKey operations{ResourceKind::system_container, "agent-operations"};

inline TimePoint at(std::int64_t milliseconds) {
  return TimePoint(Duration(1'700'000'000'000 + milliseconds));
}

inline TimePoint real_now() { return SystemClock().now(); }

inline AgentRow user_row(const ResourceKey& key, const std::string& owner) {
  AgentRow row;
  row.key = key;
  row.owner = owner;
  row.container_name = "mosaic-user-" + owner;
  row.gateway_token = "enc:token";
  return row;
}

inline AgentRow system_row() {
  AgentRow row;
  row.key = operations;
  row.owner = "mosaic-system-ops";
  row.container_name = "mosaic-system-ops";
  row.role = "operations";
  row.gateway_token = "enc:token";
  return row;
}

inline ProviderRow provider(const std::string& id, const std::string& owner,
                            const std::string& name) {
  ProviderRow row;
  row.id = id;
  row.owner = owner;
  row.name = name;
  row.display_name = "The " + name;
  row.type = "custom";
  row.base_url = "http://127.0.0.1:1/v1";
  row.api_key = "enc:key";
  row.api_type = "openai-completions";
  row.models_json = "[]";
  return row;
}

inline AgentStatus full_status() {
  AgentStatus status;
  status.phase = Phase::running;
  status.container_id = "c0ffee";
  status.endpoint = "10.0.0.2:18789";
  status.observed_generation = 7;
  status.config_hash = "hash";
  set_condition(status, "Ready", ConditionStatus::yes, "Answers",
                "the gateway \"answers\"\n\tall\\right", at(5));
  set_condition(status, "Isolated", ConditionStatus::no, "NoFirewall", "", at(6));
  status.restart_count = 3;
  status.next_retry_at = at(1);
  status.last_exit_at = at(2);
  status.started_at = at(3);
  status.ready_at = at(4);
  status.asleep_since = at(7);
  status.drain_since = at(8);
  status.terminated_at = at(9);
  status.last_error = "it failed: \\N \t é 𝄞";
  status.failed_spec = "spec";
  status.start_duration_ms = 9400;
  status.next_due_at = at(10);
  return status;
}

}  // namespace mosaic::conformance
