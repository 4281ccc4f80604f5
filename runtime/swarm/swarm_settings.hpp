// What a SwarmDriver is told once, at construction.
#pragma once

#include <string>

#include "model/clock.hpp"
#include "runtime/docker/docker_settings.hpp"

namespace mosaic {

struct SwarmSettings {
  DockerSettings
      engine;  // of a manager; what is about bridges in it (subnets, firewall) means nothing here
  // The way between an agent's network and the fleet's: a forwarder (images/link) of its own for each agent, attached to
  // both. Empty image: there is none, and an agent is reached at its own address.
  std::string link_image;
  std::string fleet_network;  // the overlay where gateways, controller and API are; by name
  std::string api_target;     // "api:3000": who answers for the config endpoint there
  std::string api_host = "mosaic-link";  // the name by which an agent reaches the config endpoint
  Duration link_rest = std::chrono::hours(1);  // so long a link stays after its agent fell asleep
  bool agents_reach_out =
      false;  // else their networks are internal: there is no way out but the forwarder's
  Duration poll =
      std::chrono::seconds(1);  // services and tasks are compared this often: tasks have no events
  Duration start_wait = std::chrono::seconds(10);  // start() waits this long to see how it went
  Duration purge_wait =
      std::chrono::seconds(40);  // and remove_volumes() for the node that empties them
};

}  // namespace mosaic
