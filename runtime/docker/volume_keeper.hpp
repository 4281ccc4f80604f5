// Agents' volumes on a Docker engine, and that the agents' user may write to them.
//
// An engine gives a fresh volume the owner of the image's folder that it is mounted on; where an image has no such
// folder, the volume is root's and an agent (user 1000, no capabilities) could never write to it. So every image is
// looked at once: when it lacks the folders, a short-lived container of that image, as root with no capability but
// chown, without a network, gives the two volumes to user 1000 before the agent is created. No host path is mounted.
//
// An engine whose disk is full may make a volume and not be able to write down its labels: it refuses the call, and once
// it has room again it shows the volume as nobody's, for ever under the name that the agent needs. What a call of ours
// left so, where there was none right before it, has no state and is removed and made anew.
//
// Thread-safety: every method may be called from any thread.
#pragma once

#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "runtime/docker/container_template.hpp"
#include "runtime/docker/docker_settings.hpp"
#include "runtime/docker/engine_client.hpp"
#include "runtime/docker/engine_decoding.hpp"
#include "runtime/docker/helper_containers.hpp"

namespace mosaic {

class VolumeKeeper {
 public:
  VolumeKeeper(EngineClient& engine, const DockerSettings& settings);

  void ensure(const AgentIdentity& identity);
  VolumePresence presence(const AgentIdentity& identity);
  bool is_ours(const std::string& name);  // false also where there is none
  void remove(const AgentIdentity& identity);
  // Makes sure that user 1000 will be able to write to the volumes once `image`, whose id is `id`, runs on them; says
  // how.
  VolumeOwner make_writable(const AgentIdentity& identity, const std::string& image,
                            const std::string& id);
  // Removes the helper containers of processes that died; waits for one of this process to be gone.
  void remove_leftover_helpers();

 private:
  void create(const AgentIdentity& identity, const std::string& name, std::string_view volume_role);
  ObjectLabels call_create(const AgentIdentity& identity, const std::string& name,
                           std::string_view volume_role);
  bool is_half_made(const std::string& name);
  void note_half_made(const std::string& name, bool half_made);
  std::optional<ObjectLabels> labels_of(
      const std::string& name);  // nothing: there is no such volume
  void remove_one(const std::string& name);
  void delete_volume(const std::string& name);
  bool lacks_folders(const std::string& image_id);
  bool image_has_folders(const std::string& image);
  bool agent_owns_folder(const std::string& container_id, std::string_view folder);
  void give_to_agent(const AgentIdentity& identity, const std::string& image);

  EngineClient& engine_;
  const std::string instance_;
  HelperContainers helpers_;
  std::mutex
      helper_;  // one helper container at a time: they have fixed names, so that none is left behind for long
  std::mutex mutex_;
  std::set<std::string> images_with_folders_;  // by id
  std::set<std::string> images_without_folders_;
  std::set<std::string> given_;      // state volumes that were handed over by this process
  std::set<std::string> half_made_;  // by a call of this process that the engine refused
};

}  // namespace mosaic
