// From inside one agent: nothing of another agent, of the host or of Postgres answers, and its token opens its own
// configuration alone.
#include <nlohmann/json.hpp>

#include "test/e2e/decoy.hpp"
#include "test/e2e/fleet.hpp"
#include "test/e2e/walls.hpp"

namespace mosaic::e2e {
namespace {

using namespace std::chrono_literals;

class Isolation : public FleetTest {
 protected:
  void SetUp() override {
    FleetTest::SetUp();
    for (const auto& [id, owner] : {std::pair{"c1", "alice"}, std::pair{"c2", "bob"}}) {
      fleet.insert_user(id, owner);
      fleet.touch(id);
    }
    fleet.insert_system("s1", "research-" + fleet.instance().substr(0, 8));
    for (const char* id : {"c1", "c2", "s1"}) ASSERT_TRUE(fleet.becomes(id, "running"));
    container = fleet.look("c1")->container;
    const auto networks = fleet.engine().inspect(container).at("NetworkSettings").at("Networks");
    gateway = networks.begin().value().at("Gateway");
  }

  Finished inside(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"docker", "exec", container});
    return run({arguments, {{"DOCKER_HOST", required_environment("MOSAIC_TEST_ENGINE")}}, {}});
  }

  // Whether anything at all answers a request, be it with an error.
  bool reaches(const std::string& address, const std::string& port) {
    const auto finished = inside(
        {"timeout", "3", "wget", "-q", "-O", "/dev/null", "http://" + address + ":" + port + "/"});
    if (finished.exit_code == 0) return true;
    return finished.err.find("server returned error") != std::string::npos;
  }

  bool host_reaches(const std::string& address, const std::string& port) {
    return run({{"curl", "-sS", "-m", "3", "http://" + address + ":" + port + "/"}, {}, {}})
               .exit_code == 0;
  }

  std::string status_of(const std::string& kind, const std::string& id, const std::string& token) {
    const std::string url = "http://" + gateway + ":" + fleet.agent_api() +
                            "/api/internal/agent-config/" + kind + "/" + id;
    const auto finished = inside(
        {"wget", "-S", "-q", "-O", "/dev/null", "--header", "Authorization: Bearer " + token, url});
    const auto line = finished.err.find("HTTP/1.1 ");
    return line == std::string::npos ? finished.err : finished.err.substr(line + 9, 3);
  }

  std::string container;
  std::string gateway;
};

TEST_F(Isolation, AgentReachesNeitherOtherAgentsNorTheHost) {
  const Decoy decoy;
  const std::string bob = fleet.look("c2")->endpoint;
  const std::string bob_address = bob.substr(0, bob.find(':'));
  // What is tried below is there, as seen from the host, and requests do leave the container.
  EXPECT_TRUE(host_reaches(bob_address, "18789"));
  EXPECT_TRUE(host_reaches(gateway, decoy.port()));
  EXPECT_TRUE(reaches(gateway, fleet.agent_api())) << "what it needs to boot";
  EXPECT_TRUE(reaches("127.0.0.1", "18789")) << "itself";

  EXPECT_FALSE(reaches(bob_address, "18789")) << "another agent";
  EXPECT_FALSE(reaches(gateway, decoy.port())) << "the host, by the agent's own bridge";
  EXPECT_FALSE(reaches("198.18.0.1", decoy.port())) << "the host, by its own address";
  EXPECT_FALSE(reaches("172.17.0.1", decoy.port())) << "the host, by docker0";
  EXPECT_FALSE(reaches("198.18.0.1", fleet.agent_api())) << "the API, by another address";
  EXPECT_FALSE(reaches("169.254.169.254", "80")) << "the metadata address";
}

TEST_F(Isolation, TokenOpensTheConfigurationOfItsOwnAgentOnly) {
  const std::vector<std::pair<std::string, std::string>> agents{
      {"user", "c1"}, {"user", "c2"}, {"system", "s1"}};
  for (const auto& [kind, id] : agents) {
    for (const auto& [other_kind, other] : agents) {
      EXPECT_EQ(status_of(kind, id, "token-of-" + other), id == other ? "200" : "404")
          << "token of " << other << " for " << id;
    }
    EXPECT_EQ(status_of(kind == "user" ? "system" : "user", id, "token-of-" + id), "404");
  }
  EXPECT_EQ(status_of("user", "absent", "token-of-c1"), "404");
  EXPECT_EQ(status_of("user", "c1", "nonsense"), "404");
}

TEST_F(Isolation, DoctorTriesTheWallsFromInsideAndLeavesNothingBehind) {
  const auto standing = walls_by_doctor(fleet, "none");
  EXPECT_EQ(standing.at("state"), "ok") << standing;

  fleet.end_processes();  // a controller would set right what is broken here
  const auto chain = "MOSAIC-" + fleet.instance().substr(0, 6) + "-INPUT";
  ASSERT_EQ(run({{"iptables", "-w", "10", "-F", chain}, {}, {}}).exit_code, 0);
  const auto fallen = walls_by_doctor(fleet, "none");
  EXPECT_EQ(fallen.at("state"), "fail");
  EXPECT_EQ(fallen.at("message"), "an agent reaches this host by its own bridge");
  EXPECT_EQ(run({{"docker", "ps", "-aq", "--filter", "name=mosaic-probe-"},
                 {{"DOCKER_HOST", required_environment("MOSAIC_TEST_ENGINE")}},
                 {}})
                .out,
            "");
}

}  // namespace
}  // namespace mosaic::e2e
