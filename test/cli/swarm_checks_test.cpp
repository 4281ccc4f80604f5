#include "cli/doctor/swarm_checks.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "cli/doctor/host_checks.hpp"

namespace mosaic::cli {
namespace {

class SwarmChecks : public testing::Test {
 protected:
  SwarmChecks() {
    RawSettings raw;
    raw.data_dir = "/var/lib/mosaic";
    raw.engine_kind = "swarm";
    settings = validate(raw, "");
    survey.nodes = {node("n1"), node("n2"), node("n3")};
    survey.fleet_network.emplace();
    survey.fleet_network->subnets = {*mosaic::parse_subnet("10.213.0.0/16")};
    survey.room = NetworkRoom{100, 10};
  }

  static SwarmNode node(const std::string& name) {
    SwarmNode node;
    node.host_name = name;
    node.ready = node.active = node.manager = node.reachable = true;
    node.engine = "20.10.24";
    return node;
  }
  static ProbedNode probed(const std::string& name) {
    ProbedNode node;
    node.host_name = name;
    node.no_new_privileges = true;
    node.tried_peers = true;
    return node;
  }
  Finding finding(const std::string& check) const {
    return find(check, judge_swarm(settings, survey));
  }
  Finding tried(const std::string& check) const {
    return find(check, judge_probe(settings, "agent:1", nodes));
  }
  static Finding find(const std::string& check, const std::vector<Finding>& findings) {
    const auto found = std::find_if(findings.begin(), findings.end(),
                                    [&](const Finding& one) { return one.check == check; });
    return found == findings.end() ? Finding{} : *found;
  }

  Settings settings;
  SwarmSurvey survey;
  std::vector<ProbedNode> nodes{probed("n1"), probed("n2")};
};

TEST_F(SwarmChecks, AreContentWithASwarmThatHasAllItTakes) {
  for (const char* check : {"nodes", "managers", "engines", "fleet network", "subnets"})
    EXPECT_EQ(finding(check).state, Finding::State::ok) << check << finding(check).message;
}

TEST_F(SwarmChecks, NameTheNodesThatDoNotAnswer) {
  survey.nodes[1].ready = false;
  EXPECT_EQ(finding("nodes").state, Finding::State::warn);
  EXPECT_NE(finding("nodes").message.find("n2"), std::string::npos);
  survey.nodes[0].active = survey.nodes[2].active = false;
  EXPECT_EQ(finding("nodes").state, Finding::State::fail);
}

TEST_F(SwarmChecks, WantAFleetNetworkWithinTheRangeThatIsServed) {
  survey.fleet_network->subnets = {*mosaic::parse_subnet("10.214.0.0/16")};
  EXPECT_EQ(finding("fleet network").state, Finding::State::fail);
  EXPECT_NE(finding("fleet network").remedy.find("--agent-subnets 10.214.0.0/16"),
            std::string::npos);
  survey.fleet_network->subnets = {*mosaic::parse_subnet("10.0.0.0/8")};
  EXPECT_EQ(finding("fleet network").state, Finding::State::fail);
  survey.fleet_network.reset();
  EXPECT_EQ(finding("fleet network").state, Finding::State::fail);
}

TEST_F(SwarmChecks, WantAsManyManagersThatOneMayBeLost) {
  survey.nodes[2].reachable = false;
  EXPECT_EQ(finding("managers").state, Finding::State::warn);
  EXPECT_NE(finding("managers").message.find("n3"), std::string::npos);
  survey.nodes[2].manager = false;
  EXPECT_EQ(finding("managers").state, Finding::State::warn) << "two are worse than one";
  survey.nodes[1].manager = false;
  EXPECT_EQ(finding("managers").state, Finding::State::warn);
  survey.nodes = {node("n1"), node("n2"), node("n3"), node("n4")};
  EXPECT_EQ(finding("managers").state, Finding::State::warn);
}

TEST_F(SwarmChecks, NameTheNodesOfDifferentEngines) {
  survey.nodes[1].engine = "24.0.2";
  EXPECT_EQ(finding("engines").state, Finding::State::warn);
  EXPECT_NE(finding("engines").message.find("n2: 24.0.2"), std::string::npos);
}

TEST_F(SwarmChecks, AreContentWithAProbeThatFoundAll) {
  for (const char* check : {"agents' image", "links' image", "no-new-privileges", "between nodes"})
    EXPECT_EQ(tried(check).state, Finding::State::ok) << check << tried(check).message;
}

TEST_F(SwarmChecks, NameTheNodesThatAllowNewPrivileges) {
  nodes[1].no_new_privileges = false;
  EXPECT_EQ(tried("no-new-privileges").state, Finding::State::warn);
  EXPECT_NE(tried("no-new-privileges").message.find("n2"), std::string::npos);
}

TEST_F(SwarmChecks, NameTheNodesBetweenWhichNothingGetsThrough) {
  nodes[0].silent_peer = "n2";
  EXPECT_EQ(tried("between nodes").state, Finding::State::fail);
  EXPECT_NE(tried("between nodes").message.find("n1 to n2"), std::string::npos);
  EXPECT_NE(tried("between nodes").remedy.find("4789"), std::string::npos);
}

TEST_F(SwarmChecks, NameTheNodesWithoutAnImageAndClaimNothingOfThem) {
  ProbedNode bare;
  bare.host_name = "n3";
  bare.agent_trouble = "No such image: agent:1";
  nodes.push_back(bare);
  EXPECT_EQ(tried("agents' image").state, Finding::State::fail);
  EXPECT_NE(tried("agents' image").message.find("n3: No such image"), std::string::npos);
  EXPECT_EQ(tried("no-new-privileges").state, Finding::State::warn);
  EXPECT_EQ(tried("between nodes").state, Finding::State::warn);
}

TEST_F(SwarmChecks, KnowByItsRoutesWhetherThisProcessReachesAgents) {
  const auto route = [](const std::string& subnet) { return Route{"eth0", *parse_subnet(subnet)}; };
  EXPECT_TRUE(is_on_fleet_network(settings, {route("0.0.0.0/0"), route("10.213.0.0/16")}));
  EXPECT_FALSE(is_on_fleet_network(settings, {route("0.0.0.0/0"), route("192.168.0.0/16")}));
}

TEST_F(SwarmChecks, SayWhenTheRoomForNetworksEnds) {
  survey.room = NetworkRoom{100, 80};
  EXPECT_EQ(finding("subnets").state, Finding::State::warn);
  survey.room.reset();
  EXPECT_EQ(finding("subnets").state, Finding::State::warn);
}

}  // namespace
}  // namespace mosaic::cli
