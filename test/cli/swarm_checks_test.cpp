#include "cli/doctor/swarm_checks.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace mosaic::cli {
namespace {

class SwarmChecks : public testing::Test {
 protected:
  SwarmChecks() {
    RawSettings raw;
    raw.data_dir = "/var/lib/mosaic";
    raw.engine_kind = "swarm";
    settings = validate(raw, "");
    survey.nodes = {node("n1"), node("n2")};
    survey.fleet_network.emplace();
    survey.fleet_network->subnets = {*mosaic::parse_subnet("10.213.0.0/16")};
    survey.room = NetworkRoom{100, 10};
  }

  static SwarmNode node(const std::string& name) {
    SwarmNode node;
    node.host_name = name;
    node.ready = node.active = true;
    return node;
  }
  Finding finding(const std::string& check) const {
    const auto findings = judge_swarm(settings, survey);
    const auto found = std::find_if(findings.begin(), findings.end(),
                                    [&](const Finding& one) { return one.check == check; });
    return found == findings.end() ? Finding{} : *found;
  }

  Settings settings;
  SwarmSurvey survey;
};

TEST_F(SwarmChecks, AreContentWithASwarmThatHasAllItTakes) {
  for (const char* check : {"nodes", "fleet network", "subnets"})
    EXPECT_EQ(finding(check).state, Finding::State::ok) << check << finding(check).message;
}

TEST_F(SwarmChecks, NameTheNodesThatDoNotAnswer) {
  survey.nodes[1].ready = false;
  EXPECT_EQ(finding("nodes").state, Finding::State::warn);
  EXPECT_NE(finding("nodes").message.find("n2"), std::string::npos);
  survey.nodes[0].active = false;
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

TEST_F(SwarmChecks, SayWhenTheRoomForNetworksEnds) {
  survey.room = NetworkRoom{100, 80};
  EXPECT_EQ(finding("subnets").state, Finding::State::warn);
  survey.room.reset();
  EXPECT_EQ(finding("subnets").state, Finding::State::warn);
}

}  // namespace
}  // namespace mosaic::cli
