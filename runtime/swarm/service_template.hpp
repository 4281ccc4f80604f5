// How an agent's service, network and volumes' record look on a Docker Swarm: the security baseline as far as Swarm takes
// it. What it silently drops (no-new-privileges, seccomp and AppArmor profiles, the swap limit) is named by swarm_gaps().
//
// Pure functions; the texts are JSON bodies of the Engine API 1.41.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/runtime_driver.hpp"
#include "runtime/swarm/swarm_decoding.hpp"
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

// What SwarmProbe makes: a network for its tasks, a forwarder on each node for the others to reach, and a job on each node
// that tries them. `peers`: "ADDRESS:PORT". The exit code of such a task is read by read_walk().
std::string probe_network_body(const std::string& name, const std::string& instance);
std::string probe_listener_body(const std::string& name, const std::string& network_id,
                                const SwarmSettings& settings);
std::string probe_walker_body(const std::string& name, const std::string& network_id,
                              const std::string& image, const std::vector<std::string>& peers,
                              const SwarmSettings& settings);
struct ProbeWalk {
  bool no_new_privileges = false;
  bool has_tools = true;                      // else nothing was tried
  std::optional<std::size_t> first_silent{};  // of the peers
};
std::optional<ProbeWalk> read_walk(int exit_code);  // nothing: the script never ended by itself
inline constexpr std::size_t most_probe_peers = 60;

// The two ends of a copy of both volumes from one node to another, and what empties them on a node where they are nobody's:
// one run each, as root with no more capabilities than files of any owner ask for.
enum class CopyEnd : std::uint8_t { sender, receiver };
struct CopyRun {
  std::string name;
  std::string network_id;
  std::string node_id;
  std::string word;  // that both ends know and nobody else
};
std::string copy_body(const AgentIdentity& identity, CopyEnd end, const CopyRun& run,
                      const SwarmSettings& settings);
std::string emptying_body(const SwarmRecord& record, const std::string& name,
                          const std::string& node_id, const SwarmSettings& settings);

std::string fingerprint_of_service_template(const SwarmSettings& settings);

// What of the security baseline is not in force on a Swarm, in one line.
std::string swarm_gaps(const SwarmSettings& settings);

}  // namespace mosaic
