#include "reconcilers/orphan_plan.hpp"

#include <algorithm>

namespace mosaic {
namespace {

OrphanPlan act(OrphanAction action, std::string target, std::string reason) {
  return OrphanPlan{action, std::move(target), std::nullopt, std::move(reason)};
}

OrphanPlan wait_until(TimePoint time, TimePoint now, std::string reason) {
  return OrphanPlan{OrphanAction::none, {}, std::max(time - now, Duration(1)), std::move(reason)};
}

// Of several containers of one row: the one that bears the row's name, else one that runs, else
// any; always the same.
const ContainerView& keeper(const OrphanInput& input) {
  const auto rank = [&](const ContainerView& container) {
    return (container.name == input.container_name ? 2 : 0) +
           (container.state == ContainerState::running ? 1 : 0);
  };
  return *std::max_element(input.containers.begin(), input.containers.end(),
                           [&](const ContainerView& left, const ContainerView& right) {
                             return rank(left) != rank(right) ? rank(left) < rank(right)
                                                              : left.id > right.id;
                           });
}

OrphanPlan kill(const OrphanInput& input, const ContainerView& container,
                const std::string& reason) {
  if (input.killed != container.id) return act(OrphanAction::kill, container.id, reason);
  const TimePoint limit = input.killed_at + kill_patience;
  if (input.now < limit) return wait_until(limit, input.now, {});
  return act(OrphanAction::remove_container, container.id, reason);
}

OrphanPlan remove_duplicates(const OrphanInput& input) {
  if (input.containers.size() < 2) return {};
  const std::string& kept = keeper(input).id;
  for (const auto& container : input.containers) {
    if (container.id == kept) continue;
    const std::string reason =
        "a second container of this agent, " + container.name + ", is removed";
    // Two processes on one state are worse than an abrupt end of the one too many.
    const bool process = container.state == ContainerState::running ||
                         container.state == ContainerState::paused ||
                         container.state == ContainerState::placing;
    return process ? kill(input, container, reason)
                   : act(OrphanAction::remove_container, container.id, reason);
  }
  return {};
}

OrphanPlan remove_container(const OrphanInput& input, const ContainerView& container) {
  const std::string reason = std::string(input.replaced ? "another row has taken its row's place"
                                                        : "its row was deleted") +
                             "; container " + container.name + " is removed, its volumes are kept";
  switch (container.state) {
    case ContainerState::paused:
      return act(OrphanAction::unpause, container.id, reason);
    case ContainerState::running: {
      if (!input.terminated_at) return act(OrphanAction::terminate, container.id, reason);
      const TimePoint limit = *input.terminated_at + input.stop_grace;
      if (input.now < limit) return wait_until(limit, input.now, {});
      return kill(input, container, reason);
    }
    case ContainerState::placing:
      return act(OrphanAction::terminate, container.id, reason);
    case ContainerState::removing:
      return wait_until(input.now + std::chrono::seconds(1), input.now, {});
    case ContainerState::created:
    case ContainerState::exited:
    case ContainerState::dead:
      return act(OrphanAction::remove_container, container.id, reason);
  }
  return {};
}

}  // namespace

OrphanPlan plan_orphan(const OrphanInput& input) {
  if (input.row_exists) return remove_duplicates(input);
  if (input.containers.empty() && input.networks.empty()) return {};
  if (!input.was_deleted && !input.replaced) {
    const TimePoint limit = input.first_seen + lost_row_grace;
    if (input.now < limit) {
      return wait_until(limit, input.now,
                        "has a container but no row, and no record of its deletion: kept until " +
                            to_iso8601(limit) + " in case the database lost the row");
    }
  }
  if (!input.containers.empty()) return remove_container(input, input.containers.front());
  return act(OrphanAction::remove_network, input.networks.front(), {});
}

std::string_view to_string(OrphanAction action) {
  switch (action) {
    case OrphanAction::none:
      return "none";
    case OrphanAction::unpause:
      return "unpause";
    case OrphanAction::terminate:
      return "terminate";
    case OrphanAction::kill:
      return "kill";
    case OrphanAction::remove_container:
      return "remove_container";
    case OrphanAction::remove_network:
      return "remove_network";
  }
  return "none";
}

}  // namespace mosaic
