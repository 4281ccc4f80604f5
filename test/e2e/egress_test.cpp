// From inside an agent whose only way out is the egress proxy: it lets through what it may, and is nobody's way to what
// the walls keep agents from.
#include <nlohmann/json.hpp>

#include "secrets/base64.hpp"
#include "test/e2e/decoy.hpp"
#include "test/e2e/fleet.hpp"
#include "test/e2e/walls.hpp"

namespace mosaic::e2e {
namespace {

const std::string this_host = "198.18.0.1";

class Egress : public testing::Test {
 protected:
  void SetUp() override {
    fleet.start_api();
    fleet.start_controller();
    for (const auto& [id, owner] : {std::pair{"c1", "alice"}, std::pair{"c2", "bob"}}) {
      fleet.insert_user(id, owner);
      fleet.touch(id);
    }
    for (const char* id : {"c1", "c2"}) ASSERT_TRUE(fleet.becomes(id, "running"));
    gateway = fleet.engine()
                  .inspect(fleet.look("c1")->container)
                  .at("NetworkSettings")
                  .at("Networks")
                  .begin()
                  .value()
                  .at("Gateway");
  }
  void TearDown() override {
    if (HasFailure()) GTEST_LOG_(INFO) << fleet.story();
  }

  Finished inside(const std::string& id, std::vector<std::string> arguments) {
    const std::vector<std::string> exec{"docker", "exec", fleet.look(id)->container};
    arguments.insert(arguments.begin(), exec.begin(), exec.end());
    return run({arguments, {{"DOCKER_HOST", required_environment("MOSAIC_TEST_ENGINE")}}, {}});
  }

  // "USER:PASSWORD", as the container was told.
  std::string credential_of(const std::string& id) {
    const std::string name = "HTTPS_PROXY=http://";
    const auto inspected = fleet.engine().inspect(fleet.look(id)->container);
    for (const std::string line : inspected.at("Config").at("Env")) {
      if (line.starts_with(name)) return line.substr(name.size(), line.find('@') - name.size());
    }
    throw std::runtime_error(id + " was told of no proxy");
  }

  // All that alice's agent is answered to a CONNECT and what it says right after it.
  std::string answers_to(const std::string& authority, const std::string& credential,
                         const std::string& said, const std::string& until) {
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(credential.data());
    const std::string script =
        "printf 'CONNECT %s HTTP/1.1\\r\\nHost: a\\r\\nProxy-Authorization: Basic %s\\r\\n\\r\\n" +
        said + "' '" + authority + "' '" + base64_encode({bytes, credential.size()}) +
        "' | timeout 10 nc " + gateway + " " + std::to_string(fleet.egress_port()) + " | " + until;
    return inside("c1", {"/bin/sh", "-c", script}).out;
  }

  // What the proxy answers alice's agent.
  std::string status_of(const std::string& authority, const std::string& credential) {
    const auto answer = answers_to(authority, credential, "", "head -n 1");
    return answer.size() > 12 ? answer.substr(9, 3) : answer;
  }

  Decoy allowed;
  Decoy forbidden;
  Decoy redirecting{"HTTP/1.0 302 Found\r\nLocation: http://169.254.169.254/latest\r\n\r\n"};
  Fleet fleet{FleetOptions{
      .egress = {this_host + ":" + allowed.port(), this_host + ":" + redirecting.port()},
      .egress_proxy = true}};
  std::string gateway;
};

TEST_F(Egress, TheProxyIsNoWayAroundTheWalls) {
  const auto own = credential_of("c1");
  EXPECT_EQ(status_of(this_host + ":" + allowed.port(), own), "200");

  // What answers it without the proxy as well: the agents' listener on its own bridge, and on nobody else's.
  const auto listener = answers_to(gateway + ":" + fleet.agent_api(), own,
                                   "GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n", "grep ^HTTP");
  EXPECT_NE(listener.find("HTTP/1.1 404"), std::string::npos) << listener;

  const std::string bob = fleet.look("c2")->endpoint;
  const std::vector<std::string> places{
      "169.254.169.254:80",
      "[::ffff:169.254.169.254]:80",
      "[64:ff9b::a9fe:a9fe]:80",
      "localhost:" + forbidden.port(),
      "127.0.0.1:" + forbidden.port(),
      this_host + ":" + forbidden.port(),
      gateway + ":" + forbidden.port(),
      this_host + ":" + fleet.agent_api(),
      this_host + ":" + std::to_string(fleet.egress_port()),
      "localhost" + fleet.api_url().substr(fleet.api_url().rfind(':')),
      "localhost" + fleet.controller_url().substr(fleet.controller_url().rfind(':')),
      bob,
      "10.0.0.1:443",
      "192.168.0.1:443",
      "[fd00::1]:443",
      "224.0.0.1:443"};
  for (const auto& place : places) EXPECT_EQ(status_of(place, own), "403") << place;
  // These ports are no web server's, wherever they are.
  for (const auto* const place : {"127.0.0.1:5432", "127.0.0.1:2375", "127.0.0.1:22"})
    EXPECT_EQ(status_of(place, own), "400") << place;

  EXPECT_EQ(status_of(this_host + ":" + allowed.port(), credential_of("c2")), "407");
  EXPECT_EQ(status_of(this_host + ":" + allowed.port(), "user.YzE:wrong"), "407");
  // wget heeds http_proxy, shows the credential and follows the redirect.
  const auto redirected = inside("c1", {"timeout", "10", "wget", "-q", "-O", "-",
                                        "http://" + this_host + ":" + redirecting.port()});
  EXPECT_NE(redirected.exit_code, 0);
  EXPECT_NE(redirected.err.find("403"), std::string::npos) << redirected.err;
}

TEST_F(Egress, WhatAnAdminChangesHoldsAtOnceAndWithoutARestart) {
  const auto own = credential_of("c1");
  const auto container = fleet.look("c1")->container;
  const auto place = this_host + ":" + allowed.port();
  EXPECT_EQ(status_of(place, own), "200");
  fleet.set_setting("fleet.egress.userAgents", "providers");
  EXPECT_EQ(status_of(place, own), "403");
  EXPECT_TRUE(
      eventually(std::chrono::seconds(60), [&] { return fleet.has_event("c1", "EgressRefused"); }));
  fleet.set_setting("fleet.egress.userAgents", "listed");
  fleet.set_setting("fleet.egress.hosts", place);
  EXPECT_EQ(status_of(place, own), "200");
  EXPECT_EQ(fleet.look("c1")->container, container);
}

TEST_F(Egress, DoctorAsksTheProxyFromWithinAndMissesItOnceItIsGone) {
  const auto standing = walls_by_doctor(fleet, "proxy");
  EXPECT_EQ(standing.at("state"), "ok") << standing;
  EXPECT_NE(standing.at("message").get<std::string>().find("the egress proxy answers"),
            std::string::npos)
      << standing;
  fleet.end_processes();
  // Its listeners are the API's: what an agent boots with is gone with it.
  EXPECT_EQ(walls_by_doctor(fleet, "proxy").at("state"), "fail");
}

}  // namespace
}  // namespace mosaic::e2e
