#include "runtime/swarm/swarm_probe.hpp"

#include <algorithm>

#include "runtime/docker/container_template.hpp"
#include "runtime/docker/engine_query.hpp"
#include "runtime/swarm/service_template.hpp"

namespace mosaic {
namespace {

constexpr Duration look_again = std::chrono::milliseconds(100);
// An image that a node has to fetch takes its time.
constexpr Duration task_limit = std::chrono::seconds(60);
constexpr Duration removal_limit = std::chrono::seconds(30);

const SwarmTask* task_on(const std::vector<SwarmTask>& tasks, const SwarmNode& node) {
  const auto found = std::find_if(tasks.begin(), tasks.end(),
                                  [&](const SwarmTask& task) { return task.node_id == node.id; });
  return found == tasks.end() ? nullptr : &*found;
}

std::string trouble_of(const SwarmTask* task) {
  if (task == nullptr) return "the swarm gave it no task";
  if (!task->error.empty()) return task->error;
  return task->stage == TaskStage::coming ? "not started within " + to_human(task_limit)
                                          : "it ended with " + std::to_string(task->exit_code);
}

std::vector<SwarmNode> usable(std::vector<SwarmNode> nodes) {
  std::erase_if(nodes, [](const SwarmNode& node) { return !node.ready || !node.active; });
  std::sort(nodes.begin(), nodes.end(), [](const SwarmNode& left, const SwarmNode& right) {
    return left.host_name < right.host_name;
  });
  return nodes;
}

// Where the forwarders are, and on which of the nodes.
struct Peers {
  std::vector<std::string> addresses;
  std::vector<std::string> host_names;
};

Peers peers_of(const std::vector<SwarmNode>& nodes, const std::vector<SwarmTask>& tasks,
               const std::string& network_id, std::uint16_t port) {
  Peers peers;
  for (const SwarmNode& node : nodes) {
    const SwarmTask* task = task_on(tasks, node);
    if (task == nullptr || task->stage != TaskStage::running) continue;
    const auto address = task->addresses.find(network_id);
    if (address == task->addresses.end() || peers.addresses.size() == most_probe_peers) continue;
    peers.addresses.push_back(address->second + ":" + std::to_string(port));
    peers.host_names.push_back(node.host_name);
  }
  return peers;
}

ProbedNode judge(const SwarmNode& node, const SwarmTask* listener, const SwarmTask* walker,
                 const Peers& peers) {
  ProbedNode probed;
  probed.host_name = node.host_name;
  if (listener == nullptr || listener->stage != TaskStage::running)
    probed.link_trouble = trouble_of(listener);
  const bool ended = walker != nullptr && walker->stage == TaskStage::ended;
  const auto walk = ended ? read_walk(walker->exit_code) : std::nullopt;
  // What could not be started has no exit code, and looks like one that found nothing amiss.
  if (!walk || (walker->exit_code == 0 && !walker->error.empty())) {
    probed.agent_trouble = trouble_of(walker);
    return probed;
  }
  probed.no_new_privileges = walk->no_new_privileges;
  probed.tried_peers = walk->has_tools && !peers.addresses.empty();
  if (walk->first_silent && *walk->first_silent < peers.host_names.size())
    probed.silent_peer = peers.host_names[*walk->first_silent];
  return probed;
}

}  // namespace

SwarmProbe::SwarmProbe(const SwarmSettings& settings, const Clock& clock)
    : settings_(settings),
      engine_(settings.engine.endpoint, clock, nullptr),
      objects_(engine_, settings.engine.instance) {}

std::vector<ProbedNode> SwarmProbe::run(const std::string& image) {
  const std::string name = "mosaic-" + settings_.engine.instance.substr(0, 8) + "-probe";
  sweep();
  try {
    std::vector<ProbedNode> probed = walk(image, name);
    sweep();
    return probed;
  } catch (...) {
    sweep();
    throw;
  }
}

std::vector<ProbedNode> SwarmProbe::walk(const std::string& image, const std::string& name) {
  const std::vector<SwarmNode> nodes = usable(objects_.nodes());
  const std::string network =
      objects_.create_network(name, probe_network_body(name, settings_.engine.instance));
  const std::string listener = objects_.create_service(
      probe_listener_body(name + "-link", network, settings_), "try the link's image", {});
  const Tasks listeners =
      await(listener, nodes, [](const SwarmTask& task) { return task.stage != TaskStage::coming; });
  const Peers peers = peers_of(nodes, listeners, network, settings_.engine.gateway_port);
  const std::string walker = objects_.create_service(
      probe_walker_body(name + "-walk", network, image, peers.addresses, settings_),
      "try the agents' image", {});
  const Tasks walkers = await(walker, nodes, [](const SwarmTask& task) {
    return task.stage == TaskStage::ended || task.stage == TaskStage::rejected;
  });
  std::vector<ProbedNode> probed;
  probed.reserve(nodes.size());
  for (const SwarmNode& node : nodes)
    probed.push_back(judge(node, task_on(listeners, node), task_on(walkers, node), peers));
  return probed;
}

SwarmProbe::Tasks SwarmProbe::await(const std::string& service_id,
                                    const std::vector<SwarmNode>& nodes,
                                    const std::function<bool(const SwarmTask&)>& done) {
  const auto deadline = std::chrono::steady_clock::now() + task_limit;
  while (true) {
    Tasks tasks = objects_.tasks_of(service_id);
    const bool all = std::all_of(nodes.begin(), nodes.end(), [&](const SwarmNode& node) {
      const SwarmTask* task = task_on(tasks, node);
      return task != nullptr && done(*task);
    });
    if (all || std::chrono::steady_clock::now() >= deadline) return tasks;
    nobody_.wait_for(look_again);
  }
}

// A network goes a moment after the last task that was on it; until then its name is taken, even where the swarm has none
// of it any more.
void SwarmProbe::sweep() {
  for (const SwarmService& service :
       objects_.services_with({label_filter(label::role, role::probe)}))
    objects_.remove_service(service.id);
  const auto deadline = std::chrono::steady_clock::now() + removal_limit;
  for (auto left = objects_.networks_with(role::probe); !left.empty();
       left = objects_.networks_with(role::probe)) {
    for (const InspectedNetwork& network : left) {
      try {
        objects_.remove_network(network.id, network.name);
      } catch (const EngineError&) {
        if (std::chrono::steady_clock::now() >= deadline) throw;
      }
    }
    if (std::chrono::steady_clock::now() >= deadline)
      throw EngineError(EngineErrorKind::conflict,
                        "the network " + left.front().name + " is still in use");
    nobody_.wait_for(look_again);
  }
}

}  // namespace mosaic
