// Rows that people make, as they are handed to the store. Plain values; empty means the fleet's default.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/agent.hpp"
#include "model/resource_key.hpp"

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
  std::int64_t generation = 0;  // of the row; 0: there is none yet
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

}  // namespace mosaic
