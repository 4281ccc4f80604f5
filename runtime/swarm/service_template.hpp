// How an agent's service, network and volumes' record look on a Docker Swarm: the security baseline as far as Swarm takes
// it. What it silently drops (no-new-privileges, seccomp and AppArmor profiles, the swap limit) is named by swarm_gaps().
//
// Pure functions; the texts are JSON bodies of the Engine API 1.41.
#pragma once

#include <string>
#include <string_view>

#include "runtime/runtime_driver.hpp"
#include "runtime/swarm/swarm_settings.hpp"

namespace mosaic {

// A name that Swarm takes: at most 63 letters, digits, '-' and '_'. Names that are not so already are cut and told apart by
// a hash; applying it twice changes nothing.
std::string swarm_name(const std::string& name);

// No replica is asked for. `node_id`: where its volumes are.
std::string service_body(const AgentSpec& spec, const std::string& network_id,
                         const std::string& node_id, const SwarmSettings& settings);
// The forwarder between the agent's network and the fleet's, on the agent's node, and to run at once: its
// agent will. Its own restarts are Swarm's to decide: it keeps nothing.
std::string link_body(const AgentIdentity& identity, const std::string& network_id,
                      const std::string& node_id, const SwarmSettings& settings);
std::string link_name(const AgentIdentity& identity);
std::string overlay_body(const AgentIdentity& identity, const SwarmSettings& settings);
std::string record_body(const AgentIdentity& identity, const std::string& node_id);
// A job that empties both volumes on the node where they are.
std::string purge_job_body(const AgentIdentity& identity, const std::string& name,
                           const std::string& image, const std::string& node_id);

std::string fingerprint_of_service_template(const SwarmSettings& settings);

// What of the security baseline is not in force on a Swarm, in one line.
std::string swarm_gaps(const SwarmSettings& settings);

}  // namespace mosaic
