// What a SwarmDriver is told once, at construction.
#pragma once

#include <string>

#include "model/clock.hpp"
#include "runtime/docker/docker_settings.hpp"

namespace mosaic {

struct SwarmSettings {
  DockerSettings
      engine;  // of a manager; what is about bridges in it (subnets, firewall) means nothing here
  std::string api_host = "mosaic-link";  // the name by which an agent reaches the config endpoint
  Duration poll =
      std::chrono::seconds(1);  // services and tasks are compared this often: tasks have no events
  Duration start_wait = std::chrono::seconds(10);  // start() waits this long to see how it went
  Duration purge_wait =
      std::chrono::seconds(40);  // and remove_volumes() for the node that empties them
};

}  // namespace mosaic
