// The engine's driver with everything that it stands on: the wall around agents, the memory
// reclaimer, the observer of calls, the way into volumes. Built in one place, for the running fleet
// and for the commands beside it alike.
//
// Thread-safe after construction, as the driver is. Does not connect by itself.
#pragma once

#include <memory>
#include <string>

#include "cli/observers/engine_observer.hpp"
#include "cli/settings.hpp"
#include "model/clock.hpp"
#include "runtime/container_insight.hpp"
#include "runtime/docker/docker_settings.hpp"
#include "runtime/docker/host_isolation.hpp"
#include "runtime/driver_vitals.hpp"
#include "runtime/hibernation/memory_reclaimer.hpp"
#include "runtime/runtime_driver.hpp"
#include "runtime/swarm/swarm_settings.hpp"
#include "runtime/volume_archive.hpp"
#include "telemetry/log.hpp"
#include "telemetry/metrics.hpp"

namespace mosaic::cli {

// What the driver is told: pure.
DockerSettings docker_settings(const Settings& settings, const std::string& instance);
SwarmSettings swarm_settings(const Settings& settings, const std::string& instance);

class EngineParts {
 public:
  // `instance`: the database's. Throws CommandError when the settings cannot work.
  EngineParts(const Settings& settings, const std::string& instance, const Clock& clock,
              Metrics& metrics, const Logger& log);

  RuntimeDriver& driver() { return *driver_; }
  DriverVitals vitals() const { return vital_->vitals(); }
  HostIsolation& isolation() { return *isolation_; }
  MemoryReclaimer& reclaimer() { return *reclaimer_; }
  // Throws CommandError on a swarm, whose volumes are on its nodes.
  VolumeArchive& volumes();
  ContainerInsight& insight() { return *insight_; }

 private:
  void build_docker(const Settings& settings, const std::string& instance, const Clock& clock);
  void build_swarm(const Settings& settings, const std::string& instance, const Clock& clock);

  EngineObserver observer_;
  std::unique_ptr<HostIsolation> isolation_;
  std::unique_ptr<MemoryReclaimer> reclaimer_;
  std::unique_ptr<RuntimeDriver> driver_;
  const VitalDriver* vital_ = nullptr;  // the same
  std::unique_ptr<VolumeArchive> volumes_;
  std::unique_ptr<ContainerInsight> insight_;
};

}  // namespace mosaic::cli
