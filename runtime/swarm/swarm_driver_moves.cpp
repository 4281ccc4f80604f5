// The part of SwarmDriver that takes volumes from one node to another.
//
// All that must not be forgotten stands in the record of the volumes, and each step changes it once, upon the version that
// it was decided on: a copy becomes theirs by the one update that says where they are, and is theirs only when both ends
// ended well. What ran beside it made another version, so that an older copy can never take its place.
#include <sys/random.h>

#include <algorithm>
#include <array>

#include "runtime/docker/container_template.hpp"
#include "runtime/docker/engine_query.hpp"
#include "runtime/swarm/service_template.hpp"
#include "runtime/swarm/swarm_driver.hpp"

namespace mosaic {
namespace {

constexpr const char* no_way =
    "agents' volumes are moved by the link image, and none is configured";

EngineError conflict(const std::string& what) {
  return EngineError(EngineErrorKind::conflict, what);
}

// By which the receiver knows the sender; both are gone a moment after.
std::string new_word() {
  std::array<unsigned char, 32> bytes;
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
    throw EngineError(EngineErrorKind::failed, "this machine gives no random bytes");
  std::string word;
  for (const unsigned char byte : bytes) {
    word.push_back("0123456789abcdef"[byte >> 4]);
    word.push_back("0123456789abcdef"[byte & 15]);
  }
  return word;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ",") + word;
  return text;
}

std::vector<std::string> with(std::vector<std::string> nodes, const std::string& node) {
  if (std::find(nodes.begin(), nodes.end(), node) == nodes.end()) nodes.push_back(node);
  return nodes;
}

std::vector<std::string> without(std::vector<std::string> nodes, const std::string& node) {
  std::erase(nodes, node);
  return nodes;
}

// Of images/link/move.cpp.
std::string words_of_exit(const SwarmTask& task) {
  switch (task.exit_code) {
    case 3:
      return "its two ends did not find each other, or lost each other";
    case 4:
      return "what arrived is not what was sent";
    case 5:
      return "the disk of the other node is full";
    case 6:
      return "a file could not be read or written";
    default:
      return task.error.empty() ? "it ended with exit code " + std::to_string(task.exit_code)
                                : task.error;
  }
}

bool ended_well(const SwarmTask& task) {
  return task.stage == TaskStage::ended && task.exit_code == 0 && task.error.empty();
}

bool ended_badly(const SwarmTask& task) {
  return task.stage == TaskStage::rejected || (task.stage == TaskStage::ended && !ended_well(task));
}

std::string names_of(const std::vector<SwarmNode>& nodes) {
  std::vector<std::string> names;
  names.reserve(nodes.size());
  for (const SwarmNode& node : nodes) names.push_back(node.host_name);
  std::sort(names.begin(), names.end());
  return joined(names);
}

std::string name_of(const std::vector<SwarmNode>& nodes, const std::string& id) {
  const SwarmNode* node = find_node(nodes, id);
  return node == nullptr ? "a node that has left the swarm" : node->host_name;
}

std::string sender_name(const SwarmRecord& record) { return swarm_name("send-" + record.name); }
std::string receiver_name(const SwarmRecord& record) {
  return swarm_name("receive-" + record.name);
}
std::string emptying_name(const SwarmRecord& record, const std::string& node) {
  return swarm_name("empty-" + record.name + "-" + node);
}

}  // namespace

// The services of a copy to one node, and the tasks that they have by now.
struct SwarmDriver::Copy {
  bool complete_pair = false;
  std::optional<SwarmTask> sender;
  std::optional<SwarmTask> receiver;

  bool succeeded() const {
    return complete_pair && sender && receiver && ended_well(*sender) && ended_well(*receiver);
  }
};

// The engine also answers to the beginning of an id: only the very name counts.
std::optional<SwarmService> SwarmDriver::own_service(const std::string& name) {
  std::optional<SwarmService> service = objects_.find_service(name);
  if (service && (service->name != name || service->labels.instance != settings_.engine.instance))
    service.reset();
  return service;
}

SwarmDriver::Copy SwarmDriver::copy_of(const SwarmRecord& record, const std::string& target) {
  Copy copy;
  const auto task_of = [&](const std::string& name, const std::string& node, bool& there) {
    std::optional<SwarmTask> found;
    const std::optional<SwarmService> service = own_service(name);
    there = service && service->node == node;
    if (!there) return found;
    const std::vector<SwarmTask> tasks = objects_.tasks_of(service->id);
    if (const SwarmTask* newest = newest_task(tasks, service->id)) found = *newest;
    return found;
  };
  bool sends = false;
  bool receives = false;
  copy.sender = task_of(sender_name(record), record.node, sends);
  copy.receiver = task_of(receiver_name(record), target, receives);
  copy.complete_pair = sends && receives;
  return copy;
}

// --- how far it is ---

MoveView SwarmDriver::look_at_move(const AgentIdentity& identity, const std::string& node) {
  MoveView view;
  view.as_of = clock_.now();
  if (!linked()) {
    view.detail = no_way;
    return view;
  }
  const std::vector<SwarmNode> nodes = objects_.nodes();
  const SwarmNode* target = find_node(nodes, node);
  if (target == nullptr) {
    view.detail = "there is no one node " + node + " in the swarm; there are: " + names_of(nodes);
    return view;
  }
  const std::optional<SwarmRecord> record = record_of(identity);
  const bool beside = record && !record->moving_to.empty() && record->moving_to != target->id;
  if (beside) {
    view.stage = MoveStage::astray;
    view.detail =
        "its volumes are being copied to " + name_of(nodes, record->moving_to) + " meanwhile";
  } else if (record && record->node == target->id) {
    view.stage = MoveStage::there;
    view.detail = "its state is on " + target->host_name;
  } else if (record && !record->moving_to.empty()) {
    look_at_copy(view, *record, nodes, *target);
  } else {
    look_at_beginning(view, record.value_or(SwarmRecord{}), nodes, *target);
  }
  return view;
}

void SwarmDriver::look_at_beginning(MoveView& view, const SwarmRecord& record,
                                    const std::vector<SwarmNode>& nodes, const SwarmNode& target) {
  if (!target.ready || !target.active) {
    view.detail =
        "the node " + target.host_name +
        (target.ready ? " takes no tasks (its availability is not active)" : " does not answer");
    return;
  }
  const SwarmNode* source = find_node(nodes, record.node);
  view.source_lost = !record.node.empty() && (source == nullptr || !source->ready);
  const bool to_be_emptied =
      std::find(record.left_on.begin(), record.left_on.end(), target.id) != record.left_on.end();
  view.stage = MoveStage::waiting;
  if (is_being_emptied(record, target.id) || (view.source_lost && to_be_emptied)) {
    view.source_lost = false;
    view.detail = "what an earlier move left on " + target.host_name + " is being removed first";
  } else if (view.source_lost) {
    view.detail = "its state is on " + name_of(nodes, record.node) + ", which does not answer";
  } else if (source != nullptr && !source->active) {
    view.detail = "its state is on " + source->host_name +
                  ", which takes no tasks: set its availability to active until the copy is made";
  } else {
    view.stage = MoveStage::away;
    view.detail = "its state is on " + (source == nullptr ? "no node yet" : source->host_name);
  }
}

void SwarmDriver::look_at_copy(MoveView& view, const SwarmRecord& record,
                               const std::vector<SwarmNode>& nodes, const SwarmNode& target) {
  const SwarmNode* source = find_node(nodes, record.node);
  const Copy copy = copy_of(record, target.id);
  const std::string way = "from " + name_of(nodes, record.node) + " to " + target.host_name;
  view.detail = "its volumes are being copied " + way;
  if (copy.succeeded()) {
    view.stage = MoveStage::copied;
  } else if (source == nullptr || !source->ready) {
    view.stage = MoveStage::waiting;
    view.source_lost = true;
    view.detail = "its state is on " + name_of(nodes, record.node) + ", which does not answer";
  } else if (!copy.complete_pair) {
    view.stage = MoveStage::away;
  } else {
    view.stage = target.ready ? MoveStage::copying : MoveStage::failed;
    std::string why = target.ready ? "" : target.host_name + " does not answer";
    for (const std::optional<SwarmTask>& task : {copy.receiver, copy.sender}) {
      if (!task) continue;
      if (task->stage == TaskStage::coming && !task->error.empty())
        view.detail += "; waits: " + task->error;
      if (!ended_badly(*task)) continue;
      view.stage = MoveStage::failed;
      // The receiver knows better than the sender, which only sees it go.
      if (why.empty() || task->exit_code != 3) why = words_of_exit(*task);
    }
    if (view.stage == MoveStage::failed)
      view.detail = "the copy " + way + " failed: " + why + "; its state stays where it is";
  }
}

// --- its steps ---

void SwarmDriver::advance_move(const AgentIdentity& identity, const std::string& node,
                               MoveStep step) {
  if (!linked()) throw EngineError(EngineErrorKind::refused, no_way);
  const std::lock_guard moves(moves_);
  const std::optional<SwarmRecord> record = record_of(identity);
  if (step == MoveStep::give_up) {
    if (record) give_up_copy(*record);
    return;
  }
  const std::vector<SwarmNode> nodes = objects_.nodes();
  const SwarmNode* target = find_node(nodes, node);
  if (target == nullptr) throw conflict("there is no one node " + node + " in the swarm");
  if (step == MoveStep::begin_copy) return begin_copy(identity, target->id);
  if (!record) throw conflict("the volumes of " + identity.container_name + " are nowhere");
  if (step == MoveStep::keep_copy) return keep_copy(*record, target->id);
  leave_state(identity, *record, nodes, target->id);
}

void SwarmDriver::begin_copy(const AgentIdentity& identity, const std::string& target) {
  const std::optional<SwarmRecord> record = record_of(identity);
  if (!record)
    return objects_.create_record(swarm_name(state_volume_name(identity)),
                                  record_body(identity, target));
  if (record->node == target) throw conflict("the volumes are there already");
  if (!record->moving_to.empty() && record->moving_to != target)
    throw conflict("the volumes are being copied to another node");
  if (has_service(identity))
    throw conflict("the volumes of " + identity.container_name + " are in use");
  if (is_being_emptied(*record, target)) throw conflict("that node is being tidied up");
  if (record->image.empty()) return place_anew(*record, target);  // nothing ever ran on them
  const std::optional<InspectedNetwork> network = own_network(identity);
  if (!network)
    throw EngineError(EngineErrorKind::not_found,
                      "the network " + network_name(identity) + " is not there yet");
  // Before the record says that a copy is under way: what is found then is of this one.
  remove_copy(*record);
  objects_.set_record_labels(
      *record, {{swarm_label::moving_to, target},
                {swarm_label::left_on, joined(with(record->left_on, target))},
                {swarm_label::volumes,
                 joined({state_volume_name(identity), workspace_volume_name(identity)})}});
  CopyRun run{receiver_name(*record), network->id, target, new_word()};
  objects_.create_service(copy_body(identity, CopyEnd::receiver, run, settings_),
                          "receive the volumes of " + identity.container_name, run.word);
  run.name = sender_name(*record);
  run.node_id = record->node;
  objects_.create_service(copy_body(identity, CopyEnd::sender, run, settings_),
                          "send the volumes of " + identity.container_name, run.word);
}

void SwarmDriver::keep_copy(const SwarmRecord& record, const std::string& target) {
  if (record.moving_to != target) throw conflict("no copy to that node is under way");
  if (!copy_of(record, target).succeeded()) throw conflict("the copy is not complete");
  place_anew(record, target);
  remove_copy(record);
  tidy_all_of(record.name);
}

void SwarmDriver::leave_state(const AgentIdentity& identity, const SwarmRecord& record,
                              const std::vector<SwarmNode>& nodes, const std::string& target) {
  const SwarmNode* source = find_node(nodes, record.node);
  if (record.node == target || (source != nullptr && source->ready))
    throw conflict("the state of " + identity.container_name + " is within reach");
  const bool dirty =
      std::find(record.left_on.begin(), record.left_on.end(), target) != record.left_on.end();
  if (dirty || !record.moving_to.empty())
    throw conflict("what an earlier move left on that node is not removed yet");
  if (has_service(identity))
    throw conflict("the volumes of " + identity.container_name + " are in use");
  objects_.set_record_labels(
      record, {{swarm_label::node, target},
               {swarm_label::left_on, joined(with(record.left_on, record.node))},
               {swarm_label::volumes,
                joined({state_volume_name(identity), workspace_volume_name(identity)})}});
}

// What was theirs is not any more; where nothing ever ran there is nothing to be left.
void SwarmDriver::place_anew(const SwarmRecord& record, const std::string& node) {
  std::vector<std::string> left = without(record.left_on, node);
  if (!record.image.empty()) left = with(std::move(left), record.node);
  objects_.set_record_labels(record, {{swarm_label::node, node},
                                      {swarm_label::moving_to, {}},
                                      {swarm_label::left_on, joined(left)}});
}

void SwarmDriver::give_up_copy(const SwarmRecord& record) {
  if (!record.moving_to.empty()) objects_.set_record_labels(record, {{swarm_label::moving_to, {}}});
  remove_copy(record);
  tidy_all_of(record.name);
}

void SwarmDriver::remove_copy(const SwarmRecord& record) {
  for (const std::string& name : {sender_name(record), receiver_name(record)}) {
    if (const auto service = own_service(name)) objects_.remove_service(service->id);
  }
}

// --- what moves leave behind ---

bool SwarmDriver::is_being_emptied(const SwarmRecord& record, const std::string& node) {
  return own_service(emptying_name(record, node)).has_value();
}

void SwarmDriver::tidy_all_of(const std::string& record_name) {
  if (const std::optional<SwarmRecord> record = objects_.find_record(record_name)) tidy(*record);
}

void SwarmDriver::tidy_all() {
  const std::lock_guard moves(moves_);
  for (const SwarmRecord& record : objects_.records()) tidy(record);
}

// One round; what a node has not done yet, a later one sees.
void SwarmDriver::tidy(const SwarmRecord& record) {
  if (record.left_on.empty() || record.labels.instance != settings_.engine.instance) return;
  const std::vector<SwarmNode> nodes = objects_.nodes();
  std::vector<std::string> left = record.left_on;
  for (const std::string& node : record.left_on) {
    if (node == record.node || node == record.moving_to) continue;
    if (is_tidy(record, node, nodes)) left = without(std::move(left), node);
  }
  if (left != record.left_on)
    objects_.set_record_labels(record, {{swarm_label::left_on, joined(left)}});
}

// A node that has left the swarm is beyond reach, with all that is on it.
bool SwarmDriver::is_tidy(const SwarmRecord& record, const std::string& node,
                          const std::vector<SwarmNode>& nodes) {
  const std::string name = emptying_name(record, node);
  const std::optional<SwarmService> job = own_service(name);
  if (find_node(nodes, node) == nullptr) {
    if (job) objects_.remove_service(job->id);
    return true;
  }
  if (!job) {
    objects_.create_service(emptying_body(record, name, node, settings_), "empty " + record.name,
                            {});
    return false;
  }
  const std::vector<SwarmTask> tasks = objects_.tasks_of(job->id);
  const SwarmTask* task = newest_task(tasks, job->id);
  const bool done = task != nullptr && ended_well(*task);
  // Another one tries it again.
  if (done || (task != nullptr && ended_badly(*task))) objects_.remove_service(job->id);
  if (done && node == own_node()) {
    for (const std::string& volume : record.volumes) remove_local_volume(volume);
  }
  return done;
}

void SwarmDriver::require_no_traces_of_moves(const AgentIdentity& identity) {
  const std::lock_guard moves(moves_);
  std::optional<SwarmRecord> record = record_of(identity);
  if (record && !record->moving_to.empty())
    throw conflict("the volumes of " + identity.container_name + " are being copied");
  if (!record || record->left_on.empty()) return;
  tidy(*record);
  record = record_of(identity);
  if (record && !record->left_on.empty())
    throw EngineError(EngineErrorKind::unavailable, "what a move left of the volumes of " +
                                                        identity.container_name +
                                                        " is not removed from its node yet");
}

}  // namespace mosaic
