// A fleet on a Docker Swarm of three nodes: the real API and controller, light stand-ins for agents.
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

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

// The controller dies while it is under way.
TEST_F(Swarm, AnAgentMovesToAnotherNodeWithAllOfItsStateAndLeavesNothingBehind) {
  const std::string alice = swarm.insert_person("c1", "alice");
  EXPECT_EQ(swarm.chat(alice), 200);
  const std::string from = swarm.node_of("c1");
  const std::string to = from == "n3" ? "n2" : "n3";
  swarm.write_in_agent("c1", "/home/node/.openclaw/word", "heron");
  const auto before = swarm.state_folder(from, "alice");
  const auto after = swarm.state_folder(to, "alice");
  ASSERT_EQ(::chown((before / "word").c_str(), 1234, 4321), 0);
  ASSERT_EQ(::chmod((before / "word").c_str(), 02755), 0);
  std::filesystem::create_symlink("../elsewhere", before / "link");
  std::filesystem::create_hard_link(before / "word", before / "same");

  const Finished refused = fleet.run_mosaic({"move", "user", "alice", "--to", "n9", "--wait"});
  EXPECT_NE(refused.exit_code, 0);
  EXPECT_NE(refused.err.find("there is no one node n9"), std::string::npos) << refused.err;
  EXPECT_EQ(swarm.node_of("c1"), from);

  EXPECT_EQ(fleet.run_mosaic({"move", "user", "alice", "--to", to}).exit_code, 0);
  EXPECT_TRUE(eventually(limit, [&] { return swarm.condition("c1", "Moving") == "True"; }));
  fleet.controller().kill_hard();
  fleet.start_controller();
  const Finished moved =
      fleet.run_mosaic({"move", "user", "alice", "--to", to, "--wait", "--timeout", "120"});
  EXPECT_EQ(moved.exit_code, 0) << moved.err;
  EXPECT_EQ(swarm.chat(alice), 200);
  EXPECT_EQ(swarm.node_of("c1"), to);
  EXPECT_EQ(swarm.read_in_agent("c1", "/home/node/.openclaw/word"), "heron");
  EXPECT_EQ(fleet.look("c1")->restart_count, 0);

  struct stat word {};
  struct stat same {};
  ASSERT_EQ(::stat((after / "word").c_str(), &word), 0);
  ASSERT_EQ(::stat((after / "same").c_str(), &same), 0);
  EXPECT_EQ(word.st_uid, 1234U);
  EXPECT_EQ(word.st_gid, 4321U);
  EXPECT_EQ(word.st_mode & 07777U, 02755U);
  EXPECT_EQ(word.st_ino, same.st_ino);
  EXPECT_EQ(std::filesystem::read_symlink(after / "link"), "../elsewhere");
  // Where the engine of the controller is, the volume goes; elsewhere what is in it.
  EXPECT_TRUE(eventually(limit, [&] {
    return !std::filesystem::exists(before) || std::filesystem::is_empty(before);
  }));
}

}  // namespace
}  // namespace mosaic::e2e
