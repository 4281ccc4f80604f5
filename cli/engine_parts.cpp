#include "cli/engine_parts.hpp"

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <utility>

#include "cli/failure.hpp"
#include "runtime/docker/docker_driver.hpp"
#include "runtime/docker/docker_insight.hpp"
#include "runtime/docker/docker_volume_archive.hpp"
#include "runtime/firewall/host_firewall.hpp"
#include "runtime/hibernation/cgroup_memory_reclaimer.hpp"
#include "runtime/swarm/swarm_driver.hpp"
#include "secrets/egress_credential.hpp"

namespace mosaic::cli {
namespace {

// --firewall required: where no wall can stand, no agent is started.
class RequiredIsolation final : public HostIsolation {
 public:
  explicit RequiredIsolation(std::unique_ptr<HostIsolation> inner) : inner_(std::move(inner)) {}

  void ensure() override {
    inner_->ensure();
    if (inner_->in_force()) return;
    throw EngineError(
        EngineErrorKind::isolation_unavailable,
        "agents must be walled off (--firewall required) and cannot be: " + inner_->reason());
  }
  bool in_force() const override { return inner_->in_force(); }
  std::string reason() const override { return inner_->reason(); }

 private:
  const std::unique_ptr<HostIsolation> inner_;
};

std::string read_file(const char* path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::unique_ptr<HostIsolation> make_isolation(const Settings& settings,
                                              const std::string& instance) {
  if (settings.firewall == FirewallMode::off) {
    return std::make_unique<NullIsolation>("switched off by --firewall off");
  }
  FirewallSettings rules;
  rules.instance = instance;
  rules.subnet_range = to_string(settings.agent_subnets);
  rules.api_port = settings.agent_listen.port;
  rules.proxy_port = settings.egress_listen.port;
  rules.egress = settings.agent_egress;
  rules.allowed = settings.agent_egress_allow;
  rules.resolvers = parse_resolvers(read_file("/etc/resolv.conf"));
  auto firewall = std::make_unique<HostFirewall>(std::move(rules), settings.engine.url);
  if (settings.firewall == FirewallMode::automatic) return firewall;
  return std::make_unique<RequiredIsolation>(std::move(firewall));
}

}  // namespace

DockerSettings docker_settings(const Settings& settings, const std::string& instance) {
  DockerSettings docker;
  docker.endpoint = settings.engine;
  docker.instance = instance;
  docker.subnet_range = to_string(settings.agent_subnets);
  docker.api_port = settings.agent_listen.port;
  if (settings.agent_egress != EgressPolicy::internet) docker.dns_servers = {no_resolver};
  if (settings.agent_egress == EgressPolicy::proxy) {
    docker.proxy_port = settings.egress_listen.port;
    docker.proxy_credential = [](const ResourceKey& agent, const std::string& token) {
      return egress_user(agent) + ":" + egress_secret(token);
    };
  }
  return docker;
}

SwarmSettings swarm_settings(const Settings& settings, const std::string& instance) {
  SwarmSettings swarm;
  swarm.engine = docker_settings(settings, instance);
  swarm.link_image = settings.link_image;
  swarm.fleet_network = settings.fleet_network;
  swarm.api_target = settings.agents_api;
  swarm.agents_reach_out = settings.agent_egress == EgressPolicy::internet;
  return swarm;
}

EngineParts::EngineParts(const Settings& settings, const std::string& instance, const Clock& clock,
                         Metrics& metrics, const Logger& log)
    : observer_(metrics.engine(settings.engine.url), log) {
  try {
    if (settings.engine_kind == EngineKind::swarm) {
      build_swarm(settings, instance, clock);
    } else {
      build_docker(settings, instance, clock);
    }
  } catch (const std::invalid_argument& error) {
    throw UsageError(error.what());
  }
}

void EngineParts::build_docker(const Settings& settings, const std::string& instance,
                               const Clock& clock) {
  isolation_ = make_isolation(settings, instance);
  reclaimer_ = std::make_unique<CgroupMemoryReclaimer>(settings.engine.url);
  const DockerSettings docker = docker_settings(settings, instance);
  auto driver = std::make_unique<DockerDriver>(docker, clock, *isolation_, *reclaimer_, &observer_);
  vital_ = driver.get();
  driver_ = std::move(driver);
  volumes_ = std::make_unique<DockerVolumeArchive>(docker, clock, &observer_);
  insight_ = std::make_unique<DockerInsight>(docker, clock, &observer_);
}

void EngineParts::build_swarm(const Settings& settings, const std::string& instance,
                              const Clock& clock) {
  auto driver =
      std::make_unique<SwarmDriver>(swarm_settings(settings, instance), clock, &observer_);
  vital_ = driver.get();
  driver_ = std::move(driver);
  insight_ = std::make_unique<NoInsight>(
      "agents of a swarm run on engines of other nodes, which nobody asks from here");
}

VolumeArchive& EngineParts::volumes() {
  if (volumes_) return *volumes_;
  throw CommandError(
      "on a swarm each agent's volumes are on a node of their own, out of reach from here: leave "
      "--volumes out, and save them on the nodes");
}

}  // namespace mosaic::cli
