// Readiness and liveness of agents' gateways, probed over HTTP outside of the worker threads.
//
// Thread-safety: every method may be called from any thread. A view belongs to one container id:
// after a re-creation nothing of the old process's health is left. Changes are announced to the
// HealthListener, once per transition, from the monitor's own thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "model/clock.hpp"
#include "model/resource_key.hpp"

namespace mosaic {

enum class Health : std::uint8_t {
  unknown,   // not probed yet
  starting,  // has not answered since it was started
  ready,     // answered its last probe, or has failed fewer than the allowed times since
  failing,   // was ready, and then failed three times in a row
};

struct HealthView {
  Health health = Health::unknown;
  std::optional<TimePoint> ready_at;       // when the first answer came
  int failures = 0;                        // in a row
  std::optional<TimePoint> watched_since;  // when watch() first saw this target
  std::string last_error;                  // of the last failed probe, one line
};

// What to probe: GET http://endpoint/readyz, 200 means ready.
struct ProbeTarget {
  std::string container_id;
  std::string endpoint;
  TimePoint started_at{};  // of the process: a restarted process starts anew

  bool operator==(const ProbeTarget&) const = default;
};

class HealthListener {
 public:
  virtual ~HealthListener() = default;
  virtual void on_health_changed(const ResourceKey& key) = 0;
};

class HealthMonitor {
 public:
  virtual ~HealthMonitor() = default;
  // Begins to probe, or goes on when the target is the same. Startup first (soon, then less often),
  // then liveness.
  virtual void watch(const ResourceKey& key, const ProbeTarget& target) = 0;
  virtual void forget(const ResourceKey& key) = 0;
  // unknown unless `target` is being watched.
  virtual HealthView view(const ResourceKey& key, const ProbeTarget& target) = 0;
};

}  // namespace mosaic
