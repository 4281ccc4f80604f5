// The names and labels of everything we create on an engine: one place decides them, and every name
// can be told from a foreign one by its labels alone.
//
// Pure functions. Owners are arbitrary text, so they are encoded injectively: two owners never
// share a name.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/resource_key.hpp"

namespace mosaic {

namespace label {
// which Mosaic Fleet database
inline constexpr std::string_view instance = "com.mosaic.instance";
inline constexpr std::string_view kind = "com.mosaic.kind";    // user | system
inline constexpr std::string_view id = "com.mosaic.id";        // the row's id
inline constexpr std::string_view owner = "com.mosaic.owner";  // encoded owner
// container: "agent"; volumes: "state" | "workspace"
inline constexpr std::string_view role = "com.mosaic.role";
inline constexpr std::string_view spec_hash = "com.mosaic.spec-hash";  // containers only
}  // namespace label

// An agent's fixed identity: what its engine objects are named after, whatever else about it
// changes.
struct AgentIdentity {
  std::string instance;  // the database's instance id, lowercase hex, at least 8 characters
  ResourceKey key;
  std::string owner;           // userId or system name, at most 128 bytes
  std::string container_name;  // as the row has it; see valid_container_name
};

// [a-z0-9-] stay, every other byte becomes "_" and two hex digits. Injective.
std::string encode_owner(std::string_view owner);

// Docker's rule: [a-zA-Z0-9][a-zA-Z0-9_.-]{1,127}.
bool valid_container_name(std::string_view name);

// "mosaic-1a2b3c4d-user-alice-state": volumes follow the owner, not the row, so that a user who is
// deleted without purge and comes back finds their state.
std::string state_volume_name(const AgentIdentity& identity);
std::string workspace_volume_name(const AgentIdentity& identity);
std::string network_name(const AgentIdentity& identity);

// A host name that stays the same over every restart and re-creation: OpenClaw's state lease is
// bound to it.
std::string host_name(const AgentIdentity& identity);

}  // namespace mosaic
