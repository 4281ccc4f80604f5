// What a worker calls for a key, and how a reconciler says what comes next.
//
// A reconciler rereads everything for the key it is given, does at most a bounded number of steps,
// and returns. It may be called for any key at any time, also needlessly; it is never called for
// one key twice at once.
#pragma once

#include <optional>
#include <stdexcept>
#include <string>

#include "controller/work_queue.hpp"
#include "model/clock.hpp"
#include "model/resource_key.hpp"

namespace mosaic {

// Trying again cannot help until something changes; the change itself will bring the key back.
class TerminalError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Leadership ended while a key was being reconciled; the next leader goes on with it.
class LeadershipLost : public std::runtime_error {
 public:
  LeadershipLost() : std::runtime_error("this controller is no longer the leader") {}
};

struct Outcome {
  std::optional<Duration> requeue_after;  // look again then, whatever happens meanwhile
  Priority requeue_priority = Priority::resync;
};

class Reconciler {
 public:
  virtual ~Reconciler() = default;
  // Throws TerminalError, or any other exception to be called again with back-off.
  virtual Outcome reconcile(const ResourceKey& key) = 0;
};

}  // namespace mosaic
