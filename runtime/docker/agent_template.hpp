// What an agent's process is given whatever kind of object the engine keeps it in, a container (container_template) or
// a Swarm service (swarm/service_template): labels, environment, command, volumes, limits.
//
// Pure functions; the values are JSON of the Engine API 1.41.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/docker/container_template.hpp"
#include "runtime/docker/docker_settings.hpp"
#include "runtime/runtime_driver.hpp"

namespace mosaic {

inline constexpr std::int64_t mebibyte = 1024 * 1024;
inline constexpr std::int64_t nanos_per_milli = 1'000'000;
inline constexpr std::int64_t agent_tmp_bytes = 64 * mebibyte;

// Volumes follow the owner, so they alone carry no row's id.
nlohmann::json labels_of(const AgentIdentity& identity, std::string_view object_role);
nlohmann::json row_labels_of(const AgentIdentity& identity, std::string_view object_role);
nlohmann::json agent_labels(const AgentSpec& spec);

// The labels are for the case that a volume has gone since: the engine then makes it anew, with the container.
nlohmann::json volume_mount(const AgentIdentity& identity, const std::string& name,
                            std::string_view target, std::string_view volume_role,
                            VolumeOwner owner);

// "NAME=value", sorted. `api_host`: where the config endpoint is reached.
nlohmann::json agent_environment(const AgentSpec& spec, const std::string& api_host,
                                 const DockerSettings& settings);

struct AgentCommand {
  nlohmann::json entrypoint;
  nlohmann::json arguments;
};
// The boot script, or what stands in for it.
AgentCommand agent_command(const std::vector<std::string>& override_command);

nlohmann::json process_limits();

// A fingerprint tells versions of a template apart; nobody tries to forge one.
std::string template_hash(std::string_view text);

}  // namespace mosaic
