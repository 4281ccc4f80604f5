// What people set: providers, preferences, agents, and the plain settings. Every call that is about one person's
// things names the owner; what belongs to somebody else is not_found.
//
// Thread-safety and errors: as store.hpp. Secrets arrive encrypted (SecretBox) or hashed.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/agent.hpp"
#include "store/account_store.hpp"
#include "store/admin_rows.hpp"

namespace mosaic {

// Each member that is set replaces the row's value; an inner nothing means "the fleet's default".
struct UserAgentChange {
  std::optional<int> idle_timeout_min;
  std::optional<DesiredState> desired_state;
  std::optional<std::string> image;  // empty: the fleet's default
  std::optional<std::optional<std::int64_t>> memory_mb;
  std::optional<std::optional<std::int64_t>> cpu_milli;
};

struct SystemAgentChange {
  std::optional<std::string> role;
  std::optional<std::string> primary_model;
  std::optional<std::string> provider_id;  // empty: the admins' providers
  std::optional<bool> active;
  std::optional<std::string> image;
  std::optional<std::optional<std::int64_t>> memory_mb;
  std::optional<std::optional<std::int64_t>> cpu_milli;
};

struct ConfigValue {
  std::string value;  // as stored: "enc:…" when encrypted
  bool encrypted = false;
};

struct ConfigChange {
  std::string key;
  std::optional<ConfigValue> value;  // nothing: the row goes
};

using IfGeneration = std::optional<std::int64_t>;  // nothing: whatever it is

class SettingsStore {
 public:
  virtual ~SettingsStore() = default;

  virtual std::vector<ProviderRow> list_providers(
      const std::string& owner) = 0;  // inactive ones too
  virtual std::optional<ProviderRow> find_provider(const std::string& owner,
                                                   const std::string& id) = 0;
  virtual WriteOutcome create_provider(const ProviderRow& provider) = 0;
  // Replaces every column but id and owner.
  virtual WriteOutcome update_provider(const ProviderRow& provider, IfGeneration if_generation) = 0;
  virtual WriteOutcome delete_provider(const std::string& owner, const std::string& id,
                                       IfGeneration if_generation) = 0;

  virtual std::optional<AgentPreferences> find_preferences(const std::string& owner) = 0;
  // Generation 0 stands for "there are none yet".
  virtual WriteOutcome put_preferences(const AgentPreferences& preferences,
                                       IfGeneration if_generation) = 0;

  virtual std::optional<AgentRow> find_user_agent(const std::string& owner) = 0;
  virtual WriteOutcome create_user_agent(
      const NewUserContainer& agent) = 0;  // taken: they have one
  virtual WriteOutcome update_user_agent(const std::string& owner, const std::string& id,
                                         const UserAgentChange& change,
                                         IfGeneration if_generation) = 0;
  // What people ask of the agent of their own, as DesiredStateWriter says it by key. False: they have none.
  virtual bool touch_user_agent(const std::string& owner, TimePoint now) = 0;
  virtual bool set_user_agent_state(const std::string& owner, DesiredState state) = 0;
  virtual bool restart_user_agent(const std::string& owner, TimePoint now) = 0;
  virtual bool replace_user_agent_token(const std::string& owner, const std::string& token) = 0;
  // What the configuration of this user's agent is made of, as AgentReader has it. Nothing: it is not theirs.
  virtual std::optional<AgentConfigSource> find_config_source(const std::string& owner,
                                                              const ResourceKey& key) = 0;
  virtual WriteOutcome create_system_agent(const NewSystemContainer& agent) = 0;
  virtual WriteOutcome update_system_agent(const std::string& id, const SystemAgentChange& change,
                                           IfGeneration if_generation) = 0;
  virtual std::vector<AgentRow> list_agents(const AgentListQuery& query) = 0;  // ordered by id
  // desiredState "stopped" for every agent of that kind that is not stopped yet; how many changed.
  virtual int stop_all(ResourceKind kind) = 0;

  virtual std::map<std::string, ConfigValue> read_config(const std::string& prefix) = 0;
  virtual void write_config(const std::vector<ConfigChange>& changes) = 0;  // all or none

  // Also the way back in: of a user that exists, the password is replaced, and its account is enabled and an admin's
  // again, whatever was done to it. Its sessions end.
  virtual BreakglassResult upsert_breakglass(const std::string& id, const std::string& username,
                                             const std::string& password_hash) = 0;
  virtual std::vector<BreakglassUser> list_breakglass() = 0;
};

}  // namespace mosaic
