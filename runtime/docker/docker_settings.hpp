// What a DockerDriver is told once, at construction.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "model/clock.hpp"
#include "model/resource_key.hpp"
#include "runtime/docker/engine_endpoint.hpp"

namespace mosaic {

// As the only DNS server: the agent's own loopback, where nobody listens. Otherwise the engine may pass an agent's
// questions on from the host's side, where no rule about the agent's bridge holds, and a name can carry anything out.
inline constexpr auto no_resolver = "127.0.0.2";

struct DockerSettings {
  EngineEndpoint endpoint;
  std::string instance;                        // AgentIdentity::instance of everything that is ours
  std::string subnet_range = "10.213.0.0/16";  // agents' networks are cut out of it
  int subnet_prefix = 29;                      // the size of each: eight addresses
  std::uint16_t api_port =
      3000;  // of the config endpoint, on the gateway address of each agent's network
  std::uint16_t gateway_port = 18789;    // where the agent's gateway listens inside
  std::vector<std::string> dns_servers;  // empty: the engine's own
  // Of the egress proxy, at the same address as the config endpoint; 0: agents are told of none.
  std::uint16_t proxy_port = 0;
  // "USER:PASSWORD" of one agent there, as it may stand in a URL. Required with a proxy.
  std::function<std::string(const ResourceKey& agent, const std::string& gateway_token)>
      proxy_credential;
  Duration securing_interval = std::chrono::seconds(60);  // the firewall is looked at this often
  Duration pull_limit = std::chrono::minutes(30);
  Duration pull_stall_limit = std::chrono::minutes(2);  // without any progress
  // Replaces the boot script: for tests and benchmarks of everything around the agent. Empty: the boot script.
  std::vector<std::string> command_override;
  std::map<std::string, std::string> extra_environment;
};

}  // namespace mosaic
