// Rows that people make: agents, providers, preferences, the breakglass user, and the proof of the
// secret key. The command line and the API write through it; the controller never does.
//
// Thread-safety: every method may be called from any thread. The Database must outlive it.
// Ids are the caller's (any unique text); secrets arrive encrypted or hashed. Errors: StoreError.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/agent.hpp"
#include "model/resource_key.hpp"
#include "store/database.hpp"

namespace mosaic {

// What both kinds of new agents may say about themselves; empty means the fleet's default.
struct NewAgentOptions {
  DesiredState desired_state = DesiredState::automatic;
  std::string image;
  std::optional<std::int64_t> memory_mb;
  std::optional<std::int64_t> cpu_milli;
};

struct NewUserContainer {
  std::string id;
  std::string user_id;  // one container per user
  std::string container_name;
  std::string gateway_token;  // encrypted
  std::optional<int> idle_timeout_min;
  NewAgentOptions options;
};

struct NewSystemContainer {
  std::string id;
  std::string name;  // unique
  std::string role;
  std::string gateway_token;  // encrypted
  std::string primary_model;
  std::string provider_id;  // empty: the providers of the active breakglass users
  bool active = true;
  NewAgentOptions options;
};

struct AgentPreferences {
  std::string id;  // used when the owner has none yet
  std::string user_id;
  std::string primary_model;
  std::vector<std::string> fallback_models;
  std::string personality;
  std::string provider_id;
};

struct BreakglassUser {
  std::string id;
  std::string username;
  bool active = true;
};

struct BreakglassResult {
  std::string id;        // the row's
  bool created = false;  // false: it existed, its password was replaced and it is active again
};

struct AgentListQuery {
  ResourceKind kind = ResourceKind::user_container;
  std::optional<Phase> phase;
  std::string owner;     // exactly this one; empty: all
  std::string after_id;  // the last id of the page before; empty: from the start
  int limit = 100;       // 1 to 1000
};

class AdminStore {
 public:
  explicit AdminStore(Database& database);

  BreakglassResult upsert_breakglass(const std::string& id, const std::string& username,
                                     const std::string& password_hash);
  std::vector<BreakglassUser> list_breakglass();

  // The key-check text that is in force: the stored one, or `value` when there was none.
  std::string store_key_check_once(const std::string& value);
  std::optional<std::string> key_check();

  // False when the id, the user or the name is taken; the row that is there stays as it is.
  bool create_user_container(const NewUserContainer& agent);
  bool create_system_container(const NewSystemContainer& agent);
  bool create_provider(const ProviderRow& provider);
  // False when there is no such provider. Replaces every column but id and owner.
  bool update_provider(const ProviderRow& provider);
  bool delete_provider(const std::string& id);

  // Makes the owner's preferences, or replaces them.
  void put_agent_config(const AgentPreferences& preferences);
  // False when there is no such system agent.
  bool set_system_model(const std::string& id, const std::string& primary_model,
                        const std::string& provider_id);

  std::vector<AgentRow> list_agents(const AgentListQuery& query);  // ordered by id
  std::vector<ProviderRow> list_providers(
      const std::string& owner);  // inactive ones too; empty: all owners; 1000 at most
  std::optional<ResourceKey> find_user_container(const std::string& user_id);
  std::optional<ResourceKey> find_system_container(const std::string& name);

 private:
  Database& database_;
};

}  // namespace mosaic
