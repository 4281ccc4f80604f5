#include "runtime/swarm/swarm_decoding.hpp"

#include <algorithm>

#include "runtime/docker/engine_error_text.hpp"
#include "runtime/docker/engine_json.hpp"

namespace mosaic {
namespace {

using nlohmann::json;

// Where the engine takes overlay networks from unless it is told otherwise (libnetwork's global scope).
constexpr const char* engines_own_pool = "10.0.0.0/8";
using namespace engine_json;

constexpr int exit_killed = 137;

std::uint64_t version_of(const json& object) {
  return static_cast<std::uint64_t>(number(member(member(object, "Version"), "Index")));
}

SwarmService service_from(const json& object) {
  SwarmService service;
  service.id = text(member(object, "ID"));
  service.version = version_of(object);
  const json& spec = member(object, "Spec");
  const json& labels = member(spec, "Labels");
  const json& task = member(spec, "TaskTemplate");
  service.spec = spec.dump();
  service.name = text(member(spec, "Name"));
  service.labels = labels_from(labels);
  service.spec_hash = label_of(labels, label::spec_hash);
  service.memory_mb =
      number(member(member(member(task, "Resources"), "Limits"), "MemoryBytes")) / (1024 * 1024);
  service.node = label_of(labels, swarm_label::node);
  service.ended_by = label_of(labels, swarm_label::ended_by);
  service.ended_at = parse_engine_time(label_of(labels, swarm_label::ended_at));
  service.wanted = number(member(member(member(spec, "Mode"), "Replicated"), "Replicas")) > 0;
  const json& networks = member(task, "Networks");
  if (networks.is_array() && !networks.empty())
    service.network_id = text(member(networks.front(), "Target"));
  return service;
}

TaskStage stage_from(const std::string& word) {
  if (word == "running") return TaskStage::running;
  if (word == "rejected") return TaskStage::rejected;
  const bool ended = word == "complete" || word == "failed" || word == "shutdown" ||
                     word == "remove" || word == "orphaned";
  return ended ? TaskStage::ended : TaskStage::coming;
}

std::map<std::string, std::string> addresses_from(const json& attachments) {
  std::map<std::string, std::string> found;
  if (!attachments.is_array()) return found;
  for (const json& attachment : attachments) {
    const json& addresses = member(attachment, "Addresses");
    if (!addresses.is_array() || addresses.empty()) continue;
    std::string address = text(addresses.front());
    address.resize(std::min(address.find('/'), address.size()));
    const json& network = member(attachment, "Network");
    found[text(member(network, "ID"))] = address;
    found[text(member(member(network, "Spec"), "Name"))] = address;
  }
  return found;
}

std::string endpoint_on(const SwarmTask& task, const std::string& network, std::uint16_t port) {
  const auto address = task.addresses.find(network);
  if (address == task.addresses.end() || address->second.empty()) return {};
  return address->second + ":" + std::to_string(port);
}

SwarmTask task_from(const json& object) {
  const json& status = member(object, "Status");
  SwarmTask task;
  task.id = text(member(object, "ID"));
  task.service_id = text(member(object, "ServiceID"));
  task.node_id = text(member(object, "NodeID"));
  task.stage = stage_from(text(member(status, "State")));
  task.error = scrub(text(member(status, "Err")), {});
  task.exit_code = number<int>(member(member(status, "ContainerStatus"), "ExitCode"));
  task.created_at = parse_engine_time(text(member(object, "CreatedAt"))).value_or(TimePoint{});
  task.changed_at = parse_engine_time(text(member(status, "Timestamp")));
  task.addresses = addresses_from(member(object, "NetworksAttachments"));
  return task;
}

bool answers(const std::vector<SwarmNode>& nodes, const SwarmTask& task) {
  const SwarmNode* node = find_node(nodes, task.node_id);
  return node != nullptr && node->ready;
}

std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words;
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t comma = std::min(text.find(',', begin), text.size());
    if (comma > begin) words.push_back(text.substr(begin, comma - begin));
    begin = comma + 1;
  }
  return words;
}

void run(ContainerView& view, const SwarmService& service, const SwarmTask& task,
         std::uint16_t gateway_port) {
  view.state = ContainerState::running;
  // Not the time of its state: that changes once more when it is told to end.
  view.started_at = task.created_at;
  view.endpoint = endpoint_on(task, service.network_id, gateway_port);
}

void await_place(ContainerView& view, std::string why) {
  view.state = ContainerState::placing;
  view.error = std::move(why);
}

// Nothing is asked to run. Of an end that was asked for Swarm keeps no task, so it is told as it was asked for.
void rest(ContainerView& view, const SwarmService& service) {
  if (service.ended_by.empty()) return;
  view.state = ContainerState::exited;
  view.exit_code = service.ended_by == "kill" ? exit_killed : 0;
  view.finished_at = service.ended_at;
}

std::string words_of_silence(const std::vector<SwarmNode>& nodes, const SwarmTask& task) {
  const SwarmNode* node = find_node(nodes, task.node_id);
  if (node == nullptr) return "the node that it is on has left the swarm";
  return "the node " + node->host_name + " does not answer; the agent runs again once it does";
}

}  // namespace

SwarmService decode_service(std::string_view body) {
  SwarmService service = service_from(parse_object(body, "a service"));
  if (service.id.empty())
    throw EngineError(EngineErrorKind::failed, "the engine's answer about a service has no id");
  return service;
}

std::vector<SwarmService> decode_service_list(std::string_view body) {
  std::vector<SwarmService> services;
  for (const json& object : parse_list(body, "services")) services.push_back(service_from(object));
  return services;
}

std::vector<SwarmTask> decode_task_list(std::string_view body) {
  std::vector<SwarmTask> tasks;
  for (const json& object : parse_list(body, "tasks")) tasks.push_back(task_from(object));
  return tasks;
}

std::vector<SwarmNode> decode_node_list(std::string_view body) {
  std::vector<SwarmNode> nodes;
  for (const json& object : parse_list(body, "nodes")) {
    SwarmNode node;
    node.id = text(member(object, "ID"));
    node.host_name = text(member(member(object, "Description"), "Hostname"));
    node.ready = text(member(member(object, "Status"), "State")) == "ready";
    node.active = text(member(member(object, "Spec"), "Availability")) == "active";
    node.manager = text(member(member(object, "Spec"), "Role")) == "manager";
    node.reachable = text(member(member(object, "ManagerStatus"), "Reachability")) == "reachable";
    node.engine = text(member(member(member(object, "Description"), "Engine"), "EngineVersion"));
    const json& resources = member(member(object, "Description"), "Resources");
    node.memory_mb = number(member(resources, "MemoryBytes")) / (1024 * 1024);
    node.cpus = static_cast<int>(number(member(resources, "NanoCPUs")) / 1'000'000'000);
    nodes.push_back(std::move(node));
  }
  return nodes;
}

std::vector<SwarmRecord> decode_record_list(std::string_view body) {
  std::vector<SwarmRecord> records;
  for (const json& object : parse_list(body, "configs")) {
    SwarmRecord record;
    record.id = text(member(object, "ID"));
    record.version = version_of(object);
    const json& spec = member(object, "Spec");
    record.spec = spec.dump();
    record.name = text(member(spec, "Name"));
    const json& labels = member(spec, "Labels");
    record.labels = labels_from(labels);
    record.node = label_of(labels, swarm_label::node);
    record.image = label_of(labels, swarm_label::image);
    record.moving_to = label_of(labels, swarm_label::moving_to);
    record.left_on = words_of(label_of(labels, swarm_label::left_on));
    record.volumes = words_of(label_of(labels, swarm_label::volumes));
    records.push_back(std::move(record));
  }
  return records;
}

std::string decode_created_object(std::string_view body) {
  std::string id = text(member(parse_object(body, "a new object"), "ID"));
  if (id.empty()) throw EngineError(EngineErrorKind::failed, "the engine gave a new object no id");
  return id;
}

std::string decode_own_node(std::string_view info_body) {
  return text(member(member(parse_object(info_body, "itself"), "Swarm"), "NodeID"));
}

std::optional<NetworkRoom> decode_network_room(std::string_view info_body,
                                               const std::vector<InspectedNetwork>& networks) {
  const json info = parse_object(info_body, "itself");
  const json& swarm = member(member(info, "Swarm"), "Cluster");
  const json said = member(swarm, "DefaultAddrPool");
  const json pools = said.is_array() && !said.empty() ? said : json::array({engines_own_pool});
  const int prefix = number<int>(member(swarm, "SubnetSize"));
  if (prefix < 1 || prefix > 30) return std::nullopt;
  NetworkRoom room;
  std::vector<Subnet> ranges;
  for (const json& pool : pools) {
    const auto range = parse_subnet(text(pool));
    if (!range || range->prefix > prefix) continue;
    ranges.push_back(*range);
    room.capacity += std::int64_t{1} << (prefix - range->prefix);
  }
  // A network of a range of its own takes nothing of these.
  for (const InspectedNetwork& network : networks) {
    const bool within = std::any_of(ranges.begin(), ranges.end(), [&](const Subnet& range) {
      return std::any_of(network.subnets.begin(), network.subnets.end(),
                         [&](const Subnet& subnet) { return range.overlaps(subnet); });
    });
    if (within) ++room.taken;
  }
  return room;
}

const SwarmNode* find_node(const std::vector<SwarmNode>& nodes, const std::string& name) {
  const SwarmNode* found = nullptr;
  for (const SwarmNode& node : nodes) {
    if (node.id == name) return &node;
    if (node.host_name != name) continue;
    if (found != nullptr) return nullptr;
    found = &node;
  }
  return found;
}

SwarmCapacity capacity_of(const std::vector<SwarmNode>& nodes) {
  SwarmCapacity capacity;
  for (const SwarmNode& node : nodes) {
    if (!node.active) continue;
    capacity.memory_mb += node.memory_mb;
    capacity.cpus += node.cpus;
  }
  return capacity;
}

const SwarmTask* newest_task(const std::vector<SwarmTask>& tasks, const std::string& service_id) {
  const SwarmTask* newest = nullptr;
  for (const SwarmTask& task : tasks) {
    if (task.service_id != service_id) continue;
    if (newest == nullptr || task.created_at > newest->created_at) newest = &task;
  }
  return newest;
}

ContainerView view_of(const SwarmService& service, const std::vector<SwarmTask>& tasks,
                      const std::vector<SwarmNode>& nodes, std::uint16_t gateway_port) {
  ContainerView view;
  view.id = service.id;
  view.name = service.name;
  view.spec_hash = service.spec_hash;
  if (service.labels.key) view.key = *service.labels.key;
  view.memory_mb = service.memory_mb;
  const SwarmTask* task = newest_task(tasks, service.id);
  const bool alive = task != nullptr && task->stage == TaskStage::running;
  if (alive && answers(nodes, *task)) {
    run(view, service, *task, gateway_port);
  } else if (!service.wanted) {
    rest(view, service);
  } else if (alive) {
    await_place(view, words_of_silence(nodes, *task));
  } else if (task == nullptr || task->stage == TaskStage::coming) {
    await_place(view, task == nullptr ? std::string{} : task->error);
  } else if (task->stage == TaskStage::rejected) {
    view.error = task->error;
  } else {
    view.state = ContainerState::exited;
    view.exit_code = task->exit_code;
    view.finished_at = task->changed_at;
  }
  return view;
}

std::string endpoint_of_link(const SwarmService& link, const std::vector<SwarmTask>& tasks,
                             const std::vector<SwarmNode>& nodes, const std::string& network,
                             std::uint16_t gateway_port) {
  const SwarmTask* task = newest_task(tasks, link.id);
  const bool alive = task != nullptr && task->stage == TaskStage::running && answers(nodes, *task);
  if (!link.wanted || !alive) return {};
  return endpoint_on(*task, network, gateway_port);
}

}  // namespace mosaic
