// What happens to agents when nodes of a Swarm go away, with the real API and controller. Minutes, so by hand:
// ./dev sandbox --images instant,link --nodes 3 -- build/debug/test/e2e/e2e_swarm_nodes_test
#include "test/e2e/swarm_fleet.hpp"

namespace mosaic::e2e {
namespace {

using namespace std::chrono_literals;

constexpr auto limit = 120s;

class SwarmNodes : public testing::Test {
 protected:
  void TearDown() override {
    if (HasFailure()) GTEST_LOG_(INFO) << fleet.story();
    for (const char* node : {"n2", "n3"}) {
      SwarmFleet::lab(std::string("heal ") + node);
      SwarmFleet::lab(std::string("start ") + node);
    }
    SwarmFleet::lab("wait");
  }

  // The id of an agent that runs on any node but the one where API and controller are.
  std::string agent_elsewhere() {
    for (const char* id : {"c1", "c2"}) {
      EXPECT_EQ(swarm.chat(swarm.insert_person(id, std::string("owner-of-") + id)), 200);
      if (swarm.node_of(id) != "n1") return id;
    }
    throw std::runtime_error("two agents are on one node");
  }

  SwarmFleet swarm;
  Fleet& fleet = swarm.fleet();
};

TEST_F(SwarmNodes, AgentWhoseNodeDiesWaitsAndSaysSoAndRunsThereAgainWithItsState) {
  const std::string id = agent_elsewhere();
  const std::string node = swarm.node_of(id);
  swarm.write_in_agent(id, "/home/node/.openclaw/word", "heron");
  SwarmFleet::lab("kill " + node);
  fleet.touch(id);
  ASSERT_TRUE(eventually_well(limit, [&] {
    const auto agent = *fleet.look(id);
    return agent.reason == "WaitingForNode" ? "" : "it is " + agent.phase + ", " + agent.reason;
  }));
  EXPECT_NE(fleet.look(id)->message.find("the node " + node + " does not answer"),
            std::string::npos)
      << fleet.look(id)->message;
  SwarmFleet::lab("start " + node);
  fleet.touch(id);
  ASSERT_TRUE(fleet.becomes(id, "running", limit));
  EXPECT_EQ(swarm.node_of(id), node);
  EXPECT_EQ(swarm.read_in_agent(id, "/home/node/.openclaw/word"), "heron");
}

}  // namespace
}  // namespace mosaic::e2e
