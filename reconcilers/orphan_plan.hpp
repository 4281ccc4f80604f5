// What to do with engine objects of ours that no row claims, or that a row has twice. Volumes are
// never touched here: only a row that asks for a purge may take data away (S2).
//
// Pure, one action per plan, like agent_plan.hpp.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/agent.hpp"
#include "model/observed.hpp"

namespace mosaic {

// A row that vanished without a tombstone may be a database that lost its last seconds: its
// container is kept this long, unless another row has taken its place and waits for its name.
inline constexpr Duration lost_row_grace = std::chrono::minutes(60);
// So long after KILL a container that is still listed as running is removed: an engine whose disk was full when the
// process ended lists it so for ever, and one whose process does run refuses.
inline constexpr Duration kill_patience = std::chrono::seconds(1);

struct OrphanInput {
  bool row_exists = false;
  bool was_deleted = false;                // a tombstone stands for it
  bool replaced = false;                   // it cannot be found, and its owner has another row
  std::string container_name;              // the row's, when it exists
  std::vector<ContainerView> containers;   // ours, of this row's id
  std::vector<std::string> networks;       // names, likewise
  TimePoint first_seen{};                  // by this controller
  std::optional<TimePoint> terminated_at;  // TERM was sent by this controller
  std::string killed;                      // the container that it sent KILL to last
  TimePoint killed_at{};
  Duration stop_grace = std::chrono::seconds(30);
  TimePoint now{};
};

enum class OrphanAction : std::uint8_t {
  none,
  unpause,
  terminate,
  kill,
  remove_container,
  remove_network
};
std::string_view to_string(OrphanAction action);

struct OrphanPlan {
  OrphanAction action = OrphanAction::none;
  std::string target;                     // container id or network name
  std::optional<Duration> requeue_after;  // nothing and no action: all clear
  std::string reason;                     // for the event, when something is kept or removed
};

OrphanPlan plan_orphan(const OrphanInput& input);

}  // namespace mosaic
