// Short-lived containers of our own, beside agents': they look into an image, give volumes to the agents' user, or open a
// volume to the engine's archive calls. Each purpose has a fixed name, so that a crash leaves one behind at most, which
// the next of that name replaces.
//
// Thread-safety: every method may be called from any thread; two of the same name at the same time are the caller's
// mistake.
#pragma once

#include <string>

#include "runtime/docker/engine_client.hpp"

namespace mosaic {

class HelperContainers {
 public:
  HelperContainers(EngineClient& engine, std::string instance);

  // Returns its id; a leftover of that name is removed first. Throws conflict when the name is somebody else's.
  std::string create(const std::string& name, const std::string& body);
  void remove(const std::string& id_or_name);  // gone already: nothing happens
  void remove_all();

 private:
  EngineClient& engine_;
  const std::string instance_;
};

}  // namespace mosaic
