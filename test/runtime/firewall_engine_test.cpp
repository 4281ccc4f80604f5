// The wall as a real container on a real engine meets it: driver, boot script, probes and firewall together. Changes
// the firewall and the addresses of the machine it runs on, so it runs inside a sandbox only.
#include <gtest/gtest.h>
#include <unistd.h>

#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

#include "runtime/docker/docker_driver.hpp"
#include "runtime/firewall/child_process.hpp"
#include "runtime/firewall/host_firewall.hpp"
#include "runtime/hibernation/cgroup_memory_reclaimer.hpp"
#include "runtime/probe/http_health_monitor.hpp"
#include "test/runtime/boot_archive.hpp"
#include "test/runtime/firewall_network.hpp"
#include "test/runtime/probe_http_server.hpp"

namespace mosaic {
namespace {

constexpr auto subnet_range = "10.231.0.0/24";
constexpr auto metadata_address = "169.254.169.254";
constexpr auto host_address = "198.18.0.1";  // of the sandbox's own interface
constexpr int postgres_port = 5432;

std::string from_environment(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr || *value == '\0')
    throw std::runtime_error(std::string(name) + " is not set: run ./dev test");
  return value;
}

class ReadyListener final : public HealthListener {
 public:
  void on_health_changed(const ResourceKey&) override {
    const std::lock_guard lock(mutex_);
    changed_.notify_all();
  }
  template <typename Condition>
  bool wait_until(Condition condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(30), condition);
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
};

class AgentBehindTheWall : public testing::Test {
 public:
  AgentBehindTheWall() {
    from_environment("MOSAIC_SANDBOX");
    run_tool({"ip", "address", "add", std::string(metadata_address) + "/32", "dev", "lo"});
  }

  ~AgentBehindTheWall() override {
    for (const auto& identity : identities_) remove_agent(identity);
    wall_.remove_rules();
    run_tool({"ip", "address", "del", std::string(metadata_address) + "/32", "dev", "lo"});
  }

 protected:
  AgentIdentity identity(const std::string& name) {
    const auto known = AgentIdentity{instance_,
                                     {ResourceKind::user_container, "row-" + name},
                                     name,
                                     "mosaic-wall-" + name + "-" + std::to_string(::getpid())};
    identities_.push_back(known);
    return known;
  }

  ContainerView start_agent(const AgentIdentity& who) { return start_agent(driver_, who); }

  // Creates and starts an agent that boots through the real boot script; returns its container once it is ready.
  ContainerView start_agent(DockerDriver& driver, const AgentIdentity& who) {
    AgentSpec spec;
    spec.identity = who;
    spec.image = image_;
    spec.limits = {64, 1000, 64};
    spec.gateway_token = std::string(64, 'a');
    spec.spec_hash = "1";
    driver.ensure_volumes(who);
    driver.ensure_network(who);
    if (!driver.observe(who, image_).container) driver.create_container(spec);
    driver.start(driver.observe(who, image_).container->id);
    const auto view = *driver.observe(who, image_).container;
    const ProbeTarget target{view.id, view.endpoint, *view.started_at};
    monitor_.watch(who.key, target);
    if (!listener_.wait_until(
            [&] { return monitor_.view(who.key, target).health == Health::ready; })) {
      throw std::runtime_error("the agent is not ready: " +
                               monitor_.view(who.key, target).last_error);
    }
    return view;
  }

  void remove_agent(const AgentIdentity& who) {
    if (const auto seen = driver_.observe(who, image_); seen.container) {
      docker({"rm", "-f", seen.container->id});
    }
    driver_.remove_network(network_name(who));
    driver_.remove_volumes(who);
  }

  ChildResult docker(std::vector<std::string> arguments) {
    ChildCommand command;
    command.arguments = {"docker"};
    command.arguments.insert(command.arguments.end(), arguments.begin(), arguments.end());
    command.environment = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                           "HOME=/nonexistent", "DOCKER_HOST=" + engine_url_};
    command.limit = std::chrono::seconds(60);
    return run_child(command);
  }

  // From inside the container, with its own tools. A refusal is an answer; so is a connection on which nothing is said.
  bool reaches(const ContainerView& agent, const std::string& address, int port) {
    const auto result =
        docker({"exec", agent.id, "sh", "-c",
                "timeout 3 nc -w 1 " + address + " " + std::to_string(port) + " </dev/null 2>&1"});
    if (result.output.find("timed out") != std::string::npos) return false;
    const bool answered =
        result.output.empty() || result.output.find("refused") != std::string::npos;
    EXPECT_TRUE(answered && result.errors.empty()) << result.output << result.errors;
    return true;
  }

  DockerSettings driver_settings() const {
    DockerSettings settings;
    settings.endpoint = parse_engine_url(engine_url_, {});
    settings.instance = instance_;
    settings.subnet_range = subnet_range;
    settings.api_port = api_.port();
    return settings;
  }

  FirewallSettings wall_settings() const {
    FirewallSettings settings;
    settings.instance = instance_;
    settings.subnet_range = subnet_range;
    settings.api_port = api_.port();
    return settings;
  }

  const std::string engine_url_ = from_environment("MOSAIC_TEST_ENGINE");
  const std::string image_ = from_environment("MOSAIC_TEST_INSTANT_IMAGE");
  const std::string instance_ = "fa11" + std::to_string(100'000'000 + ::getpid()).substr(1);
  ProbeHttpServer api_{[](const std::string&) {
                         return ProbeHttpServer::answer(200, tar_archive({{"openclaw.json", "{}"}}),
                                                        "application/x-tar");
                       },
                       0, ProbeHttpServer::Reach::everywhere};
  SystemClock clock_;
  ReadyListener listener_;
  HttpHealthMonitor monitor_{clock_, listener_};
  HostFirewall wall_{wall_settings(), engine_url_};
  NullIsolation no_wall_{"the test sets the wall itself"};
  CgroupMemoryReclaimer reclaimer_{engine_url_};
  DockerDriver driver_{driver_settings(), clock_, no_wall_, reclaimer_};
  std::vector<AgentIdentity> identities_;
};

TEST_F(AgentBehindTheWall, ReachesItsApiAndNothingElseOfTheHost) {
  const auto agent = start_agent(identity("alice"));
  const auto other = start_agent(identity("bob"));
  const auto gateway = agent.endpoint.substr(0, agent.endpoint.rfind('.')) + ".1";
  const TestListener service(nullptr, SOCK_STREAM, 9999);
  const std::vector<std::pair<std::string, int>> forbidden = {
      {gateway, 9999},        {gateway, postgres_port},
      {host_address, 9999},   {host_address, api_.port()},
      {metadata_address, 80}, {"172.17.0.1", 9999},
  };
  for (const auto& [address, port] : forbidden) {
    EXPECT_TRUE(reaches(agent, address, port))
        << "without the wall it must answer: " << address << ":" << port;
  }
  wall_.ensure();
  ASSERT_TRUE(wall_.in_force()) << wall_.reason();
  for (const auto& [address, port] : forbidden)
    EXPECT_FALSE(reaches(agent, address, port)) << address << ":" << port;
  const auto other_address = other.endpoint.substr(0, other.endpoint.rfind(':'));
  EXPECT_FALSE(reaches(agent, other_address, 18789));
  EXPECT_TRUE(reaches(agent, gateway, api_.port()));
  EXPECT_TRUE(answers(nullptr, other_address, 18789)) << "the host still reaches its agents";
}

// What the engine is told to resolve with is a service of the host's own loopback, as it is on many a machine.
TEST_F(AgentBehindTheWall, WithoutEgressNoNameLeavesThroughTheEnginesResolver) {
  auto walled = wall_settings();
  walled.egress = EgressPolicy::none;
  HostFirewall wall(walled, engine_url_);
  wall.ensure();
  auto told_nobody = driver_settings();
  told_nobody.dns_servers = {no_resolver};
  DockerDriver driver(told_nobody, clock_, no_wall_, reclaimer_);
  const auto careless = start_agent(identity("erin"));
  const auto careful = start_agent(driver, identity("frank"));
  const TestListener resolver(nullptr, SOCK_DGRAM, 53, "127.0.0.1");
  const auto ask = [&](const ContainerView& agent) {
    docker({"exec", agent.id, "timeout", "2", "nslookup", "a-secret.example.com"});
  };
  ask(careful);
  EXPECT_FALSE(resolver.receives());
  ask(careless);
  EXPECT_TRUE(resolver.receives()) << "the way is there, or the silence above would prove nothing";
}

TEST_F(AgentBehindTheWall, BootsAndIsReadyWithTheWallStanding) {
  wall_.ensure();
  const auto agent = start_agent(identity("carol"));
  EXPECT_GE(api_.requests(), 1);
  EXPECT_TRUE(reclaimer_.memory_use({agent.id, 1}) == std::nullopt)
      << "process 1 is not in the agent's cgroup";
  const auto use = driver_.memory_use(agent.id);
  ASSERT_TRUE(use);
  EXPECT_LE(use->resident_mb, 64);
}

TEST_F(AgentBehindTheWall, StandsAfterTheEngineWasRestarted) {
  wall_.ensure();
  const auto who = identity("dave");
  start_agent(who);
  ChildCommand restart;
  restart.arguments = {from_environment("MOSAIC_TEST_ENGINE_CONTROL"), "restart"};
  restart.environment = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                         "MOSAIC_SANDBOX=" + from_environment("MOSAIC_SANDBOX")};
  restart.limit = std::chrono::seconds(150);
  const auto restarted = run_child(restart);
  ASSERT_EQ(restarted.exit_code, 0) << restarted.errors;
  wall_.ensure();
  EXPECT_TRUE(wall_.in_force());
  const auto agent = start_agent(who);
  EXPECT_FALSE(reaches(agent, host_address, 9999));
  EXPECT_FALSE(reaches(agent, metadata_address, 80));
}

}  // namespace
}  // namespace mosaic
