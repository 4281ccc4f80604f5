// What wake, start, stop, restart, move, rotate-token and delete ask for, as writes of desired state and goals to wait
// for.
//
// Thread-safety: as the Store.
#pragma once

#include <optional>
#include <string>

#include "cli/status_wait.hpp"
#include "model/agent.hpp"
#include "store/store.hpp"

namespace mosaic::cli {

struct LifecycleRequest {
  enum class Verb : std::uint8_t { wake, start, stop, restart, rotate_token, move, remove };
  Verb verb = Verb::wake;
  ResourceKind kind = ResourceKind::user_container;
  std::string name;
  bool keep_running = false;  // start: never sleeps by idling
  bool purge = false;         // remove: the volumes go, too
  std::string token;          // rotate_token: the new one, encrypted
  std::string node;           // move: where to
  bool without_state = false;
};

struct Asked {
  ResourceKey key;
  std::string done;                // "alice is asked to start", for people
  std::optional<StatusGoal> goal;  // nothing: there is nothing to wait for, and `done` says why
};

// Throws NotFoundError, or CommandError when the row forbids it.
Asked ask(Store& store, const Clock& clock, const LifecycleRequest& request);

}  // namespace mosaic::cli
