// Rows that people make: agents, providers, preferences, the breakglass user, and the proof of the
// secret key. The command line and the API write through it; the controller never does.
//
// Thread-safety: every method may be called from any thread. The Database must outlive it.
// Ids are the caller's (any unique text); secrets arrive encrypted or hashed. Errors: StoreError.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "store/admin_rows.hpp"
#include "store/database.hpp"

namespace mosaic {

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
