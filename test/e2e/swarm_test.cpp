// A fleet on a Docker Swarm of three nodes: the real API and controller, light stand-ins for agents.
#include "test/e2e/swarm_fleet.hpp"

namespace mosaic::e2e {
namespace {

using namespace std::chrono_literals;

constexpr auto limit = 60s;

class Swarm : public testing::Test {
 protected:
  void TearDown() override {
    if (HasFailure()) GTEST_LOG_(INFO) << fleet.story();
  }

  SwarmFleet swarm;
  Fleet& fleet = swarm.fleet();
};

TEST_F(Swarm, AgentIsWokenByAChatSleepsWhenIdleAndWakesWithItsStateOnItsNode) {
  const std::string alice = swarm.insert_person("c1", "alice");
  const std::string bob = swarm.insert_person("c2", "bob");
  EXPECT_EQ(swarm.chat(alice), 200);
  EXPECT_EQ(swarm.chat(bob), 200);
  EXPECT_EQ(fleet.look("c1")->reason, "Ready");
  // On the fleet's network, which agents are not on: their links are.
  EXPECT_TRUE(fleet.look("c1")->endpoint.starts_with("10.213.")) << fleet.look("c1")->endpoint;
  EXPECT_EQ(swarm.condition("c1", "Baseline"), "False");
  const std::string node = swarm.node_of("c1");
  EXPECT_NE(node, swarm.node_of("c2"));
  swarm.write_in_agent("c1", "/home/node/.openclaw/word", "heron");

  ASSERT_TRUE(swarm.falls_asleep("c1", limit));
  EXPECT_EQ(fleet.look("c1")->reason, "Idle");
  EXPECT_EQ(swarm.condition("c1", "Schedule"), "Unknown");

  EXPECT_EQ(swarm.chat(alice), 200);
  EXPECT_EQ(swarm.node_of("c1"), node);
  EXPECT_EQ(swarm.read_in_agent("c1", "/home/node/.openclaw/word"), "heron");
  EXPECT_EQ(fleet.look("c1")->restart_count, 0);
}

}  // namespace
}  // namespace mosaic::e2e
