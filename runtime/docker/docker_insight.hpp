// ContainerInsight over the Engine API, on connections of its own.
//
// Thread-safe, as the interface. The references must outlive it; `observer` may be null.
#pragma once

#include <string>

#include "runtime/container_insight.hpp"
#include "runtime/docker/docker_settings.hpp"
#include "runtime/docker/engine_client.hpp"

namespace mosaic {

class DockerInsight final : public ContainerInsight {
 public:
  DockerInsight(const DockerSettings& settings, const Clock& clock, EngineCallObserver* observer);

  std::string hindrance() override { return {}; }
  std::vector<RunningContainer> running() override;
  std::optional<ResourceUse> use(const std::string& container_id, Look look) override;
  std::optional<LogTail> log_tail(const std::string& container_id, const LogRange& range) override;

 private:
  const std::string instance_;
  EngineClient engine_;
};

}  // namespace mosaic
