// VolumeArchive over the Engine API's archive calls, through a container that is created with both volumes and never
// started.
//
// Thread-safety: one thread at a time. Both references must outlive it.
#pragma once

#include <optional>

#include "runtime/docker/docker_settings.hpp"
#include "runtime/docker/engine_client.hpp"
#include "runtime/docker/helper_containers.hpp"
#include "runtime/docker/volume_keeper.hpp"
#include "runtime/volume_archive.hpp"

namespace mosaic {

class DockerVolumeArchive final : public VolumeArchive {
 public:
  DockerVolumeArchive(const DockerSettings& settings, const Clock& clock,
                      EngineCallObserver* observer);

  bool exists(const AgentIdentity& identity, VolumeRole role) override;
  void save(const AgentIdentity& identity, VolumeRole role, const std::string& image,
            const Sink& sink) override;
  void load(const AgentIdentity& identity, VolumeRole role, const std::string& image,
            const Source& source) override;
  void remove(const AgentIdentity& identity) override { volumes_.remove(identity); }

 private:
  class Helper;

  EngineClient engine_;
  VolumeKeeper volumes_;
  HelperContainers helpers_;
};

}  // namespace mosaic
