// The part of FakeEngine that is a cluster: on which node volumes are, and their way from one to another. A process writes
// a word into its state when it begins and another when it ends; whoever does not find the last one has lost state.
#include <algorithm>

#include "test/fakes/fake_engine.hpp"

namespace mosaic {

void FakeEngine::set_nodes(std::vector<std::string> nodes) {
  const std::lock_guard lock(mutex_);
  nodes_ = std::move(nodes);
  info_.capabilities.move = !nodes_.empty();
}

void FakeEngine::set_node_away(const std::string& node, bool away) {
  const std::lock_guard lock(mutex_);
  if (away) {
    away_.insert(node);
  } else {
    away_.erase(node);
  }
}

void FakeEngine::set_copy(Duration takes, bool fails) {
  const std::lock_guard lock(mutex_);
  copy_takes_ = takes;
  copy_fails_ = fails;
}

std::string FakeEngine::node_of_state(const AgentIdentity& identity) const {
  const std::lock_guard lock(mutex_);
  const auto place = world_.places.find(state_volume_name(identity));
  return place == world_.places.end() ? std::string{} : place->second.node;
}

bool FakeEngine::has_left_volumes() const {
  const std::lock_guard lock(mutex_);
  return std::any_of(world_.places.begin(), world_.places.end(), [](const auto& entry) {
    return entry.second.moving_to.empty() && !entry.second.left_on.empty();
  });
}

std::set<std::string> FakeEngine::lost_states() const {
  const std::lock_guard lock(mutex_);
  return lost_states_;
}

void FakeEngine::place(const AgentIdentity& identity) {
  if (nodes_.empty()) return;
  Place& place = world_.places[state_volume_name(identity)];
  place.key = identity.key;
  if (place.node.empty()) place.node = nodes_.front();
}

void FakeEngine::use_state(const FakeContainer& container, bool begins) {
  if (container.node.empty()) return;
  const auto found = world_.places.find(state_volume_name(container.spec.identity));
  if (found == world_.places.end()) return;
  Place& place = found->second;
  int& word = place.words[container.node];
  if (begins && word != place.last_word) lost_states_.insert(container.spec.identity.owner);
  place.last_word = word = ++words_written_;
}

bool FakeEngine::is_there(const std::string& node) const {
  return std::find(nodes_.begin(), nodes_.end(), node) != nodes_.end() && !away_.contains(node);
}

bool FakeEngine::has_container(const AgentIdentity& identity) const {
  return std::any_of(world_.containers.begin(), world_.containers.end(), [&](const auto& entry) {
    return entry.second.instance == instance_ &&
           state_volume_name(entry.second.spec.identity) == state_volume_name(identity);
  });
}

MoveView FakeEngine::view_of_move(const Place* place, const std::string& node) const {
  MoveView view;
  const std::string present = place == nullptr ? std::string{} : place->node;
  const bool copying = place != nullptr && !place->moving_to.empty();
  if (std::find(nodes_.begin(), nodes_.end(), node) == nodes_.end()) {
    view.detail = "there is no node " + node;
  } else if (copying && place->moving_to != node) {
    view.stage = MoveStage::astray;
  } else if (present == node) {
    view.stage = MoveStage::there;
    view.detail = "its state is on " + node;
  } else if (copying && place->copied_at <= clock_.now() && !place->copy_fails) {
    view.stage = MoveStage::copied;
  } else if (!copying && away_.contains(node)) {
    view.detail = "the node " + node + " does not answer";
  } else if (!present.empty() && away_.contains(present)) {
    view.stage = MoveStage::waiting;
    view.source_lost = copying || !place->left_on.contains(node);
    view.detail = "its state is on " + present + ", which does not answer";
  } else if (copying) {
    const bool failed = place->copied_at <= clock_.now() || away_.contains(node);
    view.stage = failed ? MoveStage::failed : MoveStage::copying;
    view.detail = failed ? "the copy failed" : "its volumes are being copied";
  } else {
    view.stage = MoveStage::away;
    view.detail = "its state is on " + present;
  }
  return view;
}

void FakeEngine::begin_copy(const AgentIdentity& identity, const std::string& node) {
  world_.volumes.try_emplace(state_volume_name(identity), identity.key);
  world_.volumes.try_emplace(workspace_volume_name(identity), identity.key);
  Place& place = world_.places[state_volume_name(identity)];
  const bool fresh = place.node.empty();
  if (fresh) {
    place.key = identity.key;
    place.node = node;
    return;
  }
  if (place.node == node || (!place.moving_to.empty() && place.moving_to != node))
    throw EngineError(EngineErrorKind::conflict, "no copy to that node can begin");
  if (has_container(identity))
    throw EngineError(EngineErrorKind::conflict, "the volumes are in use");
  if (!is_there(node) || !is_there(place.node))
    throw EngineError(EngineErrorKind::conflict, "a node does not answer");
  place.moving_to = node;
  place.left_on.insert(node);
  place.copied_at = clock_.now() + copy_takes_;
  place.copy_fails = copy_fails_;
  place.copy_told = false;
  place.copied_word = place.words[place.node];
  place.words[node] = -1;  // half of it
}

void FakeEngine::keep_copy(Place& place, const std::string& node) {
  const bool complete =
      place.moving_to == node && !place.copy_fails && place.copied_at <= clock_.now();
  if (!complete) throw EngineError(EngineErrorKind::conflict, "the copy is not complete");
  place.words[node] = place.copied_word;
  place.left_on.erase(node);
  place.left_on.insert(place.node);
  place.node = node;
  place.moving_to.clear();
}

void FakeEngine::leave_state(const AgentIdentity& identity, Place& place, const std::string& node) {
  const bool may = place.node != node && place.moving_to.empty() && away_.contains(place.node) &&
                   !place.left_on.contains(node) && is_there(node);
  if (!may || has_container(identity))
    throw EngineError(EngineErrorKind::conflict, "the state is within reach, or in use");
  place.left_on.insert(place.node);
  place.node = node;
  place.last_word = 0;
}

void FakeEngine::tidy(Place& place) {
  for (const std::string& node : nodes_) {
    if (node == place.node || node == place.moving_to || away_.contains(node)) continue;
    if (place.left_on.erase(node) > 0) place.words.erase(node);
  }
}

void FakeEngine::settle_copies() {
  for (auto& [name, place] : world_.places) {
    if (place.moving_to.empty() || place.copy_told || place.copied_at > clock_.now()) continue;
    place.copy_told = true;
    emit_agent(place.key);
  }
}

}  // namespace mosaic
