// What a Swarm manager's answers about services, tasks, nodes and configs mean in our words, and what a service and its
// tasks amount to as one agent's container.
//
// Pure functions. A text that is no answer of the Engine API throws EngineError(failed).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/docker/engine_decoding.hpp"
#include "runtime/driver_vitals.hpp"

namespace mosaic {

// Labels of a service or of a volumes' record that only Swarm needs.
namespace swarm_label {
// how the last end was asked for, "terminate" or "kill", and when: Swarm forgets the tasks that it was told to end
inline constexpr std::string_view ended_by = "com.mosaic.ended-by";
inline constexpr std::string_view ended_at = "com.mosaic.ended-at";
inline constexpr std::string_view node = "com.mosaic.node";    // where the volumes are
inline constexpr std::string_view image = "com.mosaic.image";  // that last ran on them
inline constexpr std::string_view volumes =
    "com.mosaic.volumes";  // their names, once they have moved
inline constexpr std::string_view moving_to =
    "com.mosaic.moving-to";  // they are being copied to that node
// nodes that have volumes of these names which are nobody's state and are to go, divided by commas
inline constexpr std::string_view left_on = "com.mosaic.left-on";
}  // namespace swarm_label

struct SwarmService {
  std::string id;
  std::string name;
  ObjectLabels labels;
  std::uint64_t version = 0;
  std::string spec;  // JSON, whole, because an update replaces it whole
  std::string spec_hash;
  std::int64_t memory_mb = 0;
  std::string ended_by;  // see swarm_label
  std::optional<TimePoint> ended_at;
  bool wanted = false;  // one replica is asked for
  std::string network_id;
  std::string node;  // see swarm_label
};

enum class TaskStage : std::uint8_t {
  coming,    // not running yet
  running,   // or on its way out
  ended,     // by itself or because it was asked to
  rejected,  // by the node that was to run it
};

struct SwarmTask {
  std::string id;
  std::string service_id;
  std::string node_id;  // empty until it has one
  TaskStage stage = TaskStage::coming;
  std::string error;  // the engine's own words, secrets removed
  int exit_code = 0;
  TimePoint created_at{};
  std::optional<TimePoint> changed_at;
  // By the names and by the ids of the networks that it is attached to.
  std::map<std::string, std::string> addresses;
};

struct SwarmNode {
  std::string id;
  std::string host_name;
  bool ready = false;      // it answers
  bool active = false;     // and takes new tasks
  bool manager = false;    // one of those that decide
  bool reachable = false;  // and, as a manager, heard by the others
  std::string engine;      // its version
  std::int64_t memory_mb = 0;
  int cpus = 0;
};

// One object that Swarm keeps for us: where an owner's volumes are.
struct SwarmRecord {
  std::string id;
  std::string name;
  ObjectLabels labels;
  std::uint64_t version = 0;
  std::string spec;  // JSON
  std::string node;
  std::string image;
  std::string moving_to;             // empty: nothing is being copied
  std::vector<std::string> left_on;  // see swarm_label; never `node`
  std::vector<std::string> volumes;
};

SwarmService decode_service(std::string_view body);
std::vector<SwarmService> decode_service_list(std::string_view body);
std::vector<SwarmTask> decode_task_list(std::string_view body);
std::vector<SwarmNode> decode_node_list(std::string_view body);
std::vector<SwarmRecord> decode_record_list(std::string_view body);
std::string decode_created_object(std::string_view body);  // the new object's id
std::string decode_own_node(std::string_view info_body);   // empty: not in a swarm
// A swarm that was made without ranges says none, and takes 10.0.0.0/8. Nothing when it says nothing of either.
std::optional<NetworkRoom> decode_network_room(std::string_view info_body,
                                               const std::vector<InspectedNetwork>& networks);

// By id or host name; null when there is none, or several of that host name.
const SwarmNode* find_node(const std::vector<SwarmNode>& nodes, const std::string& name);

struct SwarmCapacity {
  std::int64_t memory_mb = 0;
  int cpus = 0;
};
// Of the nodes that agents may be on, whether they answer now or not: a manager that has just become the leader knows of
// none yet that it does, and for what is on a node that is away nobody else has room.
SwarmCapacity capacity_of(const std::vector<SwarmNode>& nodes);

// The newest of a service's tasks; null when it has none.
const SwarmTask* newest_task(const std::vector<SwarmTask>& tasks, const std::string& service_id);

// An agent's container as its service, the service's tasks and the nodes show it. A task on a node that does not answer is
// not running: Swarm cannot tell, and whoever waits for the agent must be told so.
ContainerView view_of(const SwarmService& service, const std::vector<SwarmTask>& tasks,
                      const std::vector<SwarmNode>& nodes, std::uint16_t gateway_port);

// Where the task that is running now of `link`, a forwarder's service, is reached on that network; empty: nowhere.
std::string endpoint_of_link(const SwarmService& link, const std::vector<SwarmTask>& tasks,
                             const std::vector<SwarmNode>& nodes, const std::string& network,
                             std::uint16_t gateway_port);

}  // namespace mosaic
