// How an agent's container, network and volumes look on a Docker engine: the security baseline, compiled in. Nothing
// that a user writes can change it; what varies is in AgentSpec and DockerSettings.
//
// Pure functions; the texts are JSON bodies of the Engine API 1.41.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "runtime/docker/docker_settings.hpp"
#include "runtime/docker/subnet_range.hpp"
#include "runtime/runtime_driver.hpp"

namespace mosaic {

inline constexpr std::string_view state_folder = "/home/node/.openclaw";
inline constexpr std::string_view workspace_folder = "/home/node/workspace";
inline constexpr int agent_user = 1000;

// Values of label::role.
namespace role {
inline constexpr std::string_view agent = "agent";
inline constexpr std::string_view network = "network";
inline constexpr std::string_view state = "state";
inline constexpr std::string_view workspace = "workspace";
inline constexpr std::string_view link = "link";      // what an agent on a Swarm is reached through
inline constexpr std::string_view probe = "probe";    // of mosaic doctor, see SwarmProbe
inline constexpr std::string_view helper = "helper";  // a short-lived container of our own
inline constexpr std::string_view move =
    "move";  // what takes volumes to another node of a Swarm, and tidies up
}  // namespace role

// How fresh volumes get their owner: from the image's folders, or they have been given to the agents' user already
// and the engine must not take anything from the image.
enum class VolumeOwner : std::uint8_t { from_image, given };

// `gateway`: the address of the bridge, where the config endpoint is reached.
std::string container_body(const AgentSpec& spec, const std::string& gateway, VolumeOwner owner,
                           const DockerSettings& settings);
std::string network_body(const AgentIdentity& identity, const Subnet& subnet);
std::string volume_body(const AgentIdentity& identity, const std::string& name,
                        std::string_view volume_role);
// A container that is created to look at the image's folders, and never started.
std::string image_probe_body(const std::string& image, const std::string& instance);
// A container that gives both volumes to the agents' user and ends: root with no capability but that of chown.
std::string volume_owner_body(const std::string& image, const AgentIdentity& identity);

// A container through which the engine's archive calls reach both volumes; never started.
std::string volume_archive_body(const std::string& image, const AgentIdentity& identity);
// Where they are in it.
inline constexpr std::string_view helper_state_folder = "/mosaic-state";
inline constexpr std::string_view helper_workspace_folder = "/mosaic-workspace";

// "mos1a2b3c00f1a8": unique per subnet, at most 15 characters, begins with agent_bridge_prefix().
std::string bridge_name(const std::string& instance, const Subnet& subnet);

// Changes whenever a container made by container_body() would look different for the same spec.
std::string fingerprint_of_template(const DockerSettings& settings);

}  // namespace mosaic
