// The address ranges of a Swarm, on a real one that has few: see swarm.cmake.
#include <gtest/gtest.h>

#include "runtime/swarm/service_template.hpp"
#include "test/runtime/swarm_fixture.hpp"

namespace mosaic {
namespace {

class SwarmNetworks : public testing::Test {
 protected:
  NetworkRoom room() {
    swarm_.driver().info();
    return swarm_.driver().vitals().network_room.value();
  }
  // Networks that are not ours, until none is left.
  void take_all() {
    const NetworkRoom before = room();
    ASSERT_LT(before.capacity, 100) << "a swarm of few networks is wanted: see swarm.cmake";
    for (std::int64_t number = before.taken; number < before.capacity; ++number)
      swarm_.take_network("taken-" + std::to_string(number));
    ASSERT_TRUE(soon([&] { return room().taken == before.capacity; })) << room().taken;
  }

  SwarmLab swarm_;
};

TEST_F(SwarmNetworks, AnAgentForWhomNoneIsLeftIsToldSoAndLeavesNoneBehind) {
  // Besides the swarm's own; those of tests before may take a moment to go.
  ASSERT_TRUE(soon([&] { return room().taken == 1; })) << room().taken;
  const AgentIdentity alice = swarm_.agent("alice");
  swarm_.driver().ensure_network(alice);
  EXPECT_EQ(room().taken, 2);
  take_all();
  const AgentIdentity bob = swarm_.agent("bob");
  try {
    swarm_.driver().ensure_network(bob);
    FAIL() << "bob got a network of no address";
  } catch (const EngineError& error) {
    EXPECT_EQ(error.kind(), EngineErrorKind::subnets_exhausted) << error.what();
  }
  EXPECT_EQ(swarm_.driver().list_networks().size(), 1U);
  // What is given back is used again.
  swarm_.driver().remove_network(network_name(alice));
  EXPECT_TRUE(soon([&] {
    try {
      swarm_.driver().ensure_network(bob);
      return true;
    } catch (const EngineError&) {
      return false;
    }
  }));
}

TEST_F(SwarmNetworks, AnAgentsIsMadeAnewWhenAgentsAreToReachOutAndNoMore) {
  const AgentIdentity alice = swarm_.agent("alice");
  const auto exists = [&](SwarmDriver& driver) {
    return driver.observe(alice, swarm_.image()).network_exists;
  };
  swarm_.driver().ensure_network(alice);
  SwarmSettings open = swarm_.settings();
  open.agents_reach_out = true;
  const SystemClock clock;
  SwarmDriver opener(open, clock);
  EXPECT_TRUE(exists(swarm_.driver()));
  EXPECT_FALSE(exists(opener));
  opener.ensure_network(alice);
  EXPECT_TRUE(exists(opener));
  EXPECT_FALSE(exists(swarm_.driver()));
  EXPECT_EQ(opener.list_networks().size(), 1U);
}

}  // namespace
}  // namespace mosaic
