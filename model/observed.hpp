// What an engine shows of one agent at one moment, in words that fit Docker and Swarm alike.
//
// Plain values. An ObservedAgent comes only from an engine that answered completely: there is no
// value for "could not be seen", because that is an exception (runtime_driver.hpp) and never leads
// to an action.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/clock.hpp"
#include "model/resource_key.hpp"

namespace mosaic {

// placing: asked to run, and runs as soon as the engine has found a place for it (Swarm); `error` says what it waits for.
enum class ContainerState : std::uint8_t {
  created,
  running,
  paused,
  exited,
  dead,
  removing,
  placing
};

struct ContainerView {
  std::string id;
  std::string name;
  ContainerState state = ContainerState::created;
  int exit_code = 0;
  bool oom_killed = false;
  std::optional<TimePoint> started_at;
  std::optional<TimePoint> finished_at;
  std::string error;           // the engine's own word on a failed start, secrets removed
  std::string spec_hash;       // our label
  ResourceKey key;             // kind and row id, from our labels
  std::string endpoint;        // "address:port" of the gateway; empty while it has no address
  bool attached = true;        // to its own network, whether it runs or not
  std::int64_t memory_mb = 0;  // its limit
};

enum class ImageAvailability : std::uint8_t { present, absent, pulling, failed };

struct ImageView {
  ImageAvailability availability = ImageAvailability::absent;
  int percent = 0;         // of a running pull
  std::string detail;      // "pulling layer 3 of 7 …", or why the last pull failed
  TimePoint changed_at{};  // when a pull last failed or made progress
};

// Of an agent's two volumes. Some, when their creation or their removal was cut off in the middle.
enum class VolumePresence : std::uint8_t { none, some, all };

struct ObservedAgent {
  TimePoint as_of{};                       // when the first request of this observation was sent
  std::optional<ContainerView> container;  // carries our labels for this very row
  // who holds our container's name although it is not this row's; else empty
  std::string name_holder;
  std::optional<ResourceKey> held_by_row;  // when the holder is ours, but another row's
  // The four below are looked up only while there is no running or paused process; a process proves
  // them.
  bool network_exists = true;
  VolumePresence volumes = VolumePresence::all;
  ImageView image{ImageAvailability::present, 100, {}, {}};
  // The volumes are being copied to another node: nothing may run on them. As the four above.
  bool copy_under_way = false;
};

// Where an owner's volumes are on their way to a node, as the engine alone knows it.
enum class MoveStage : std::uint8_t {
  impossible,  // and asking again does not help
  waiting,     // cannot begin now
  away,        // they are on another node, and nothing is under way
  copying,
  copied,  // complete, and compared with what was sent
  failed,  // the copy ended, and is not complete
  there,   // that node is where they are
  astray   // they are being copied to yet another node
};

struct MoveView {
  TimePoint as_of{};  // as of ObservedAgent
  MoveStage stage = MoveStage::impossible;
  bool source_lost = false;  // what is on their present node cannot be reached
  std::string detail;        // what stands in the way, or where they are: for people, in one line
};

// What is done about a move; each is made, or not made, as a whole.
enum class MoveStep : std::uint8_t {
  begin_copy,   // to the node; what ran on them is gone
  keep_copy,    // the copy is complete: it is theirs from now on, and what was before is to go
  give_up,      // an unfinished copy; they stay where they are
  leave_state,  // what is on a lost node; they begin anew, empty, on the other one
};

// An agent's own scheduled jobs, read from inside its running container. What it says is the
// agent's word: it decides about nothing but when that agent is awake.
struct ScheduleView {
  bool known = true;
  std::string unknown_reason;              // why it cannot be told, in one line
  std::optional<TimePoint> next_due_at;    // of the earliest job; in the past while it is late
  std::optional<TimePoint> running_since;  // a job's run is going on
  int watchers = 0;                        // jobs that wait for an event inside the container
};

// One line of a complete listing. What a list answer does not say (times, exit codes) stays empty.
struct ListedContainer {
  ContainerView container;
};

struct ListedNetwork {
  ResourceKey key;  // from our labels
  std::string name;
};

}  // namespace mosaic
