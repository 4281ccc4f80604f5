// HostFirewall with the real iptables in a network namespace of the test's own, with agents, peers and an outside
// world made of further namespaces. Every wall is tried before it is built, so that a silence proves the wall.
#include "runtime/firewall/host_firewall.hpp"

#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "runtime/runtime_driver.hpp"
#include "test/e2e/eventually.hpp"
#include "test/runtime/firewall_network.hpp"

namespace mosaic {
namespace {

constexpr int api_port = 8081;
constexpr int postgres_port = 5432;

int listen_on_unix_socket(const std::string& path) {
  const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  if (::bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(socket, 8) != 0) {
    throw std::runtime_error("cannot listen on " + path);
  }
  return socket;
}

FirewallSettings settings_of(const std::string& instance) {
  FirewallSettings settings;
  settings.instance = instance;
  settings.subnet_range = "10.201.0.0/16";
  settings.api_port = api_port;
  return settings;
}

std::string rules() { return run_tool({"iptables", "-S"}); }

class HostFirewallRules : public testing::Test {
 protected:
  HostFirewallRules() {
    std::string pattern = std::filesystem::temp_directory_path() / "mosaic-firewall-XXXXXX";
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
    folder_ = pattern;
    engine_socket_ = listen_on_unix_socket(folder_ / "engine.sock");
  }
  ~HostFirewallRules() override {
    ::close(engine_socket_);
    std::filesystem::remove_all(folder_);
  }

  std::string engine_url() const { return "unix://" + (folder_ / "engine.sock").string(); }
  HostFirewall firewall(const std::string& instance = "1a2b3c4d") {
    return {settings_of(instance), engine_url()};
  }

  // What an engine leaves in the filter table.
  static void play_engine_start() {
    run_tool({"iptables", "-N", "DOCKER-USER"});
    run_tool({"iptables", "-A", "DOCKER-USER", "-j", "RETURN"});
    run_tool({"iptables", "-I", "FORWARD", "-i", "mos1a2b3c1", "-j", "ACCEPT"});
    run_tool({"iptables", "-I", "FORWARD", "-j", "DOCKER-USER"});
  }

  HostNetwork host_;
  std::filesystem::path folder_;
  int engine_socket_ = -1;
};

TEST_F(HostFirewallRules, NothingButTheApiAndTheInternetAnswersAnAgent) {
  play_engine_start();
  run_tool({"ip", "address", "add", "169.254.169.254/32", "dev", "lo"});
  const auto agent = host_.attach("mos1a2b3c1", "10.201.0.1", "10.201.0.2", 29);
  const auto other_agent = host_.attach("mos1a2b3c2", "10.201.0.9", "10.201.0.10", 29);
  const auto foreign_agent = host_.attach("mosffffff1", "10.202.0.1", "10.202.0.2", 29);
  const auto internet = host_.attach("outside", "203.0.113.1", "203.0.113.2", 24);
  const auto private_peer = host_.attach("office", "192.168.77.1", "192.168.77.2", 24);
  const TestListener everything_on_host(nullptr, SOCK_STREAM, postgres_port);
  const TestListener api(nullptr, SOCK_STREAM, api_port);
  const std::vector<std::pair<std::string, int>> forbidden = {
      {"10.201.0.1", postgres_port},  {"10.201.0.1", 22},        {"169.254.169.254", 80},
      {"203.0.113.1", postgres_port}, {"203.0.113.1", api_port}, {"192.168.77.1", api_port},
      {"10.201.0.10", 18789},         {"10.202.0.2", 18789},     {"192.168.77.2", 443},
  };
  for (const auto& [address, port] : forbidden)
    EXPECT_TRUE(answers(agent.get(), address, port)) << address;

  auto wall = firewall();
  wall.ensure();
  EXPECT_TRUE(wall.in_force());
  EXPECT_EQ(wall.reason(), "");
  for (const auto& [address, port] : forbidden) {
    EXPECT_TRUE(silent(agent.get(), address, port)) << address << ":" << port;
  }
  EXPECT_TRUE(answers(agent.get(), "10.201.0.1", api_port));
  EXPECT_TRUE(answers(agent.get(), "203.0.113.2", 443));
  EXPECT_TRUE(answers(nullptr, "10.201.0.2", 18789))
      << "the host itself probes agents and carries requests to them";
  for (const auto* peer :
       {internet.get(), private_peer.get(), foreign_agent.get(), other_agent.get()}) {
    EXPECT_TRUE(silent(peer, "10.201.0.2", 18789));
  }
  EXPECT_TRUE(answers(private_peer.get(), "192.168.77.1", postgres_port))
      << "others are none of our business";
  EXPECT_TRUE(answers(private_peer.get(), "203.0.113.2", 443));
}

TEST_F(HostFirewallRules, LinkLocalIpv6IsNoWayToTheHost) {
  const auto agent = host_.attach("mos1a2b3c1", "10.201.0.1", "10.201.0.2", 29);
  const TestListener host(nullptr, SOCK_STREAM, postgres_port);
  EXPECT_TRUE(answers(agent.get(), "fe80::1", postgres_port, "eth0"));
  firewall().ensure();
  EXPECT_TRUE(silent(agent.get(), "fe80::1", postgres_port, "eth0"));
}

TEST_F(HostFirewallRules, AllowListAndResolversOpenExactlyWhatTheyName) {
  const auto agent = host_.attach("mos1a2b3c1", "10.201.0.1", "10.201.0.2", 29);
  const auto office = host_.attach("office", "192.168.77.1", "192.168.77.2", 24);
  const TestListener resolver(office.get(), SOCK_DGRAM, 53);
  const TestListener other_service(office.get(), SOCK_DGRAM, 54);
  auto settings = settings_of("1a2b3c4d");
  settings.allowed = {*parse_allowed_destination("192.168.77.2:11434"),
                      *parse_allowed_destination("10.201.0.1:9434")};
  settings.resolvers = {"192.168.77.2"};
  HostFirewall wall(settings, engine_url());
  wall.ensure();
  EXPECT_TRUE(answers(agent.get(), "192.168.77.2", 11434));
  EXPECT_TRUE(silent(agent.get(), "192.168.77.2", 11435));
  EXPECT_TRUE(answers(agent.get(), "10.201.0.1", 9434));
  EXPECT_TRUE(silent(agent.get(), "10.201.0.1", 9435));
  send_datagram(agent.get(), "192.168.77.2", 53);
  EXPECT_TRUE(resolver.receives());
  send_datagram(agent.get(), "192.168.77.2", 54);
  EXPECT_FALSE(other_service.receives());
}

TEST_F(HostFirewallRules, WithoutEgressOnlyTheApiAndTheAllowListAnswer) {
  const auto agent = host_.attach("mos1a2b3c1", "10.201.0.1", "10.201.0.2", 29);
  const auto internet = host_.attach("outside", "203.0.113.1", "203.0.113.2", 24);
  auto settings = settings_of("1a2b3c4d");
  settings.egress = EgressPolicy::none;
  settings.allowed = {*parse_allowed_destination("203.0.113.2:8443")};
  HostFirewall wall(settings, engine_url());
  wall.ensure();
  EXPECT_TRUE(silent(agent.get(), "203.0.113.2", 443));
  EXPECT_TRUE(answers(agent.get(), "203.0.113.2", 8443));
  EXPECT_TRUE(answers(agent.get(), "10.201.0.1", api_port));
}

TEST_F(HostFirewallRules, RepairsWhateverWasChanged) {
  play_engine_start();
  auto wall = firewall();
  wall.ensure();
  const auto complete = rules();
  const std::vector<std::vector<std::string>> damages = {
      {"iptables", "-F", "MOSAIC-1a2b3c-INPUT"},
      {"iptables", "-I", "MOSAIC-1a2b3c-INPUT", "-j", "ACCEPT"},
      {"iptables", "-R", "MOSAIC-1a2b3c-EGRESS", "2", "-j", "ACCEPT"},
      {"iptables", "-D", "INPUT", "1"},
      {"iptables", "-F", "INPUT"},
      {"iptables", "-D", "DOCKER-USER", "1"},
  };
  for (const auto& damage : damages) {
    run_tool(damage);
    EXPECT_NE(rules(), complete);
    wall.ensure();
    EXPECT_EQ(rules(), complete);
  }
}

TEST_F(HostFirewallRules, StandsAgainAfterSomebodyEmptiedTheWholeTable) {
  auto wall = firewall();
  wall.ensure();
  run_tool({"iptables", "-F"});
  run_tool({"iptables", "-X"});
  play_engine_start();
  const auto agent = host_.attach("mos1a2b3c1", "10.201.0.1", "10.201.0.2", 29);
  EXPECT_TRUE(answers(agent.get(), "10.201.0.1", 22));
  wall.ensure();
  EXPECT_TRUE(silent(agent.get(), "10.201.0.1", 22));
}

TEST_F(HostFirewallRules, GoesBeforeAForeignRuleThatLetsEverythingIn) {
  const auto agent = host_.attach("mos1a2b3c1", "10.201.0.1", "10.201.0.2", 29);
  auto wall = firewall();
  wall.ensure();
  run_tool({"iptables", "-I", "INPUT", "-p", "tcp", "-j", "ACCEPT"});
  EXPECT_TRUE(answers(agent.get(), "10.201.0.1", 22));
  wall.ensure();
  EXPECT_TRUE(silent(agent.get(), "10.201.0.1", 22));
}

TEST_F(HostFirewallRules, ChangesNothingWhenAllStands) {
  const auto agent = host_.attach("mos1a2b3c1", "10.201.0.1", "10.201.0.2", 29);
  auto wall = firewall();
  wall.ensure();
  // Rules that are set again begin to count anew.
  const auto has_counted = [] {
    return run_tool({"iptables", "-v", "-S", "MOSAIC-1a2b3c-INPUT"}).find("-c 1 ") !=
           std::string::npos;
  };
  ASSERT_FALSE(has_counted());
  // One packet, which a busy machine delivers when it comes to it.
  send_datagram(agent.get(), "10.201.0.1", 22);
  ASSERT_TRUE(e2e::eventually(std::chrono::seconds(10), has_counted));
  wall.ensure();
  EXPECT_TRUE(has_counted());
}

TEST_F(HostFirewallRules, TwoInstancesLeaveEachOtherAlone) {
  auto first = firewall("1a2b3c4d");
  first.ensure();
  auto second = firewall("ffffff00");
  second.ensure();
  const auto both = rules();
  first.ensure();
  second.ensure();
  EXPECT_EQ(rules(), both);
  const auto agent = host_.attach("mosffffff1", "10.201.0.1", "10.201.0.2", 29);
  first.remove_rules();
  EXPECT_EQ(rules().find("1a2b3c"), std::string::npos) << rules();
  EXPECT_TRUE(silent(agent.get(), "10.201.0.1", 22));
  second.ensure();
  EXPECT_TRUE(second.in_force());
  second.remove_rules();
  EXPECT_EQ(rules().find("MOSAIC"), std::string::npos);
  EXPECT_EQ(run_tool({"ip6tables", "-S"}).find("MOSAIC"), std::string::npos);
}

TEST_F(HostFirewallRules, RemovedRulesAreNotInForceAndComeBackOnRequest) {
  auto wall = firewall();
  wall.ensure();
  wall.remove_rules();
  EXPECT_FALSE(wall.in_force());
  wall.ensure();
  EXPECT_TRUE(wall.in_force());
}

TEST_F(HostFirewallRules, SaysThatARemoteEngineIsOutOfReachAndSetsNothing) {
  HostFirewall wall(settings_of("1a2b3c4d"), "tcp://192.0.2.1:2376");
  wall.ensure();
  EXPECT_FALSE(wall.in_force());
  EXPECT_EQ(wall.reason(), "the engine at tcp://192.0.2.1:2376 is not on this machine");
  EXPECT_EQ(rules().find("MOSAIC"), std::string::npos);
}

TEST_F(HostFirewallRules, AnEngineThatDoesNotAnswerIsAskedAgain) {
  const auto path = folder_ / "late.sock";
  HostFirewall wall(settings_of("1a2b3c4d"), "unix://" + path.string());
  EXPECT_THROW(wall.ensure(), EngineError);
  EXPECT_FALSE(wall.in_force());
  const int late = listen_on_unix_socket(path);
  wall.ensure();
  EXPECT_TRUE(wall.in_force());
  ::close(late);
}

// An engine behind `path` in a network namespace of its own, until it is killed.
pid_t start_engine_elsewhere(const std::string& path) {
  std::array<int, 2> ready{};
  if (::pipe(ready.data()) != 0) throw std::runtime_error("pipe");
  const pid_t process = ::fork();
  if (process == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    static_cast<void>(!::unshare(CLONE_NEWNET));
    listen_on_unix_socket(path);
    static_cast<void>(!::write(ready[1], "y", 1));
    while (true) ::pause();
  }
  char answer = 0;
  static_cast<void>(!::read(ready[0], &answer, 1));
  ::close(ready[0]);
  ::close(ready[1]);
  return process;
}

TEST_F(HostFirewallRules, SaysThatAnEngineInAnotherNetworkNamespaceIsOutOfReach) {
  const auto path = (folder_ / "elsewhere.sock").string();
  const pid_t engine = start_engine_elsewhere(path);
  HostFirewall wall(settings_of("1a2b3c4d"), "unix://" + path);
  wall.ensure();
  EXPECT_FALSE(wall.in_force());
  EXPECT_NE(wall.reason().find("another network namespace"), std::string::npos) << wall.reason();
  EXPECT_EQ(rules().find("MOSAIC"), std::string::npos);
  ::kill(engine, SIGKILL);
  ::waitpid(engine, nullptr, 0);
}

}  // namespace
}  // namespace mosaic
