// The part of SwarmDriver that makes and removes where agents live: volumes on a node, and networks.
#include <algorithm>
#include <map>

#include "runtime/docker/container_template.hpp"
#include "runtime/docker/engine_query.hpp"
#include "runtime/swarm/service_template.hpp"
#include "runtime/swarm/swarm_driver.hpp"

namespace mosaic {
namespace {

constexpr Duration look_again = std::chrono::milliseconds(50);
constexpr Duration addresses_limit = std::chrono::seconds(5);

EngineError name_is_taken(const std::string& what, const std::string& name) {
  return EngineError(EngineErrorKind::conflict,
                     "the " + what + " " + name +
                         " is not Mosaic Fleet's: remove or rename it, the agent needs that name");
}

}  // namespace

// --- volumes ---

std::optional<SwarmRecord> SwarmDriver::record_of(const AgentIdentity& identity) {
  std::optional<SwarmRecord> record = objects_.find_record(swarm_name(state_volume_name(identity)));
  if (record && record->labels.instance != settings_.engine.instance)
    throw name_is_taken("config", record->name);
  return record;
}

void SwarmDriver::ensure_volumes(const AgentIdentity& identity) {
  const std::lock_guard placing(placing_);
  if (record_of(identity)) return;
  objects_.create_record(swarm_name(state_volume_name(identity)),
                         record_body(identity, choose_node()));
  record_of(identity);
}

// The node with the fewest agents' volumes; of several, the first by name.
std::string SwarmDriver::choose_node() {
  std::map<std::string, int> taken;
  for (const SwarmRecord& record : objects_.records()) ++taken[record.node];
  const SwarmNode* best = nullptr;
  const std::vector<SwarmNode> nodes = objects_.nodes();
  for (const SwarmNode& node : nodes) {
    if (!node.ready || !node.active) continue;
    const auto rank = [&](const SwarmNode& one) { return std::pair(taken[one.id], one.host_name); };
    if (best == nullptr || rank(node) < rank(*best)) best = &node;
  }
  if (best == nullptr)
    throw EngineError(EngineErrorKind::unavailable,
                      "no node of the swarm takes agents now: none is both ready and active");
  return best->id;
}

bool SwarmDriver::has_service(const AgentIdentity& identity) {
  return !objects_
              .services_with({label_filter(label::role, role::agent),
                              label_filter(label::kind, short_name(identity.key.kind)),
                              label_filter(label::owner, encode_owner(identity.owner))})
              .empty();
}

void SwarmDriver::remove_volumes(const AgentIdentity& identity) {
  const std::optional<SwarmRecord> record = record_of(identity);
  if (!record) return;
  if (has_service(identity))
    throw EngineError(EngineErrorKind::conflict,
                      "the volumes of " + identity.container_name + " are in use");
  require_no_traces_of_moves(identity);
  if (record->node == own_node()) {
    remove_local_volume(state_volume_name(identity));
    remove_local_volume(workspace_volume_name(identity));
  } else if (!record->image.empty()) {  // else nothing ever ran on them
    purge_by_job(identity, *record);
  }
  objects_.remove_record(record->id);
}

void SwarmDriver::remove_local_volume(const std::string& name) {
  EngineRequest request;
  request.method = "DELETE";
  request.route = "/volumes/{name}";
  request.path = engine_path("/volumes/", name, "");
  request.timeout = engine_timeout::change;
  request.doing = "remove volume " + name;
  // The container of a task that has just ended goes a moment after it.
  const auto deadline = std::chrono::steady_clock::now() + settings_.purge_wait;
  while (engine_.call_accepting(request, {404, 409}).status == 409) {
    if (std::chrono::steady_clock::now() >= deadline || ending_.wait_for(look_again))
      throw EngineError(EngineErrorKind::conflict, "the volume " + name + " is in use");
  }
}

void SwarmDriver::purge_by_job(const AgentIdentity& identity, const SwarmRecord& record) {
  const std::string name = swarm_name("purge-" + record.name);
  // One of that name is a leftover of a call that was cut off.
  if (const auto old = objects_.find_service(name); old && old->name == name) {
    if (old->labels.instance != settings_.engine.instance) throw name_is_taken("service", name);
    objects_.remove_service(old->id);
  }
  const std::string id =
      objects_.create_service(purge_job_body(identity, name, record.image, record.node),
                              "empty the volumes of " + identity.container_name, {});
  try {
    await_purge(id, name);
  } catch (...) {
    objects_.remove_service(id);
    throw;
  }
  objects_.remove_service(id);
}

void SwarmDriver::await_purge(const std::string& job_id, const std::string& job_name) {
  const auto deadline = std::chrono::steady_clock::now() + settings_.purge_wait;
  std::string last = "the node has not begun";
  do {
    const std::vector<SwarmTask> tasks = objects_.tasks_of(job_id);
    const SwarmTask* task = newest_task(tasks, job_id);
    if (task == nullptr) continue;
    if (!task->error.empty()) last = task->error;
    if (task->stage == TaskStage::ended && task->exit_code == 0 && task->error.empty()) return;
    if (task->stage == TaskStage::ended || task->stage == TaskStage::rejected)
      throw EngineError(EngineErrorKind::failed,
                        "cannot empty volumes (" + job_name + "): " + last);
  } while (std::chrono::steady_clock::now() < deadline && !ending_.wait_for(look_again));
  throw EngineError(EngineErrorKind::unavailable,
                    "the volumes are not emptied yet (" + job_name + "): " + last);
}

void SwarmDriver::remove_leftovers() {
  for (const SwarmService& service :
       objects_.services_with({label_filter(label::role, role::helper)}))
    objects_.remove_service(service.id);
  rest_links();
  tidy_all();
}

// --- networks ---

std::optional<InspectedNetwork> SwarmDriver::own_network(const AgentIdentity& identity) {
  std::optional<InspectedNetwork> network =
      objects_.find_network(swarm_name(network_name(identity)));
  // Names follow the owner. One that an earlier row of the same owner left behind is that row's, until its removal. One
  // made while agents were to reach more, or less, is to be made anew.
  if (network && (network->labels.instance != settings_.engine.instance ||
                  network->labels.key != identity.key || !is_as_open_as_wanted(*network)))
    network.reset();
  return network;
}

bool SwarmDriver::is_as_open_as_wanted(const InspectedNetwork& network) const {
  return network.internal != settings_.agents_reach_out;
}

void SwarmDriver::ensure_network(const AgentIdentity& identity) {
  const std::lock_guard networks(networks_);
  const std::string name = swarm_name(network_name(identity));
  if (const auto existing = objects_.find_network(name)) {
    if (existing->labels.instance != settings_.engine.instance)
      throw name_is_taken("network", name);
    if (existing->labels.key == identity.key && is_as_open_as_wanted(*existing)) return;
    remove_company_on(existing->id);
    objects_.remove_network(existing->id, name);
  }
  await_addresses(name, objects_.create_network(name, overlay_body(identity, settings_)));
}

// Where no address range is left the engine says "created" all the same, and every task on it would wait for ever.
void SwarmDriver::await_addresses(const std::string& name, const std::string& id) {
  const auto deadline = std::chrono::steady_clock::now() + addresses_limit;
  do {
    const std::optional<InspectedNetwork> network = objects_.find_network(name);
    if (network && !network->subnets.empty()) return;
  } while (std::chrono::steady_clock::now() < deadline && !ending_.wait_for(look_again));
  objects_.remove_network(id, name);
  throw EngineError(
      EngineErrorKind::subnets_exhausted,
      "the swarm has no address range left for the network " + name +
          ": remove networks that nobody uses, or make the swarm with a wider --default-addr-pool");
}

void SwarmDriver::remove_network(const std::string& network_name) {
  const std::string name = swarm_name(network_name);
  const std::optional<InspectedNetwork> network = objects_.find_network(name);
  if (!network || network->labels.instance != settings_.engine.instance) return;
  for (const SwarmService& service :
       objects_.services_with({label_filter(label::role, role::agent)})) {
    if (service.network_id == network->id)
      throw EngineError(EngineErrorKind::conflict,
                        "the network " + name + " is in use by service " + service.name);
  }
  remove_company_on(network->id);
  objects_.remove_network(network->id, name);
}

}  // namespace mosaic
