// Several real nodes: ./dev sandbox --images instant,link --nodes 3 -- build/debug/test/runtime/runtime_swarm_nodes_test
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

#include "runtime/docker/container_template.hpp"
#include "runtime/docker/engine_query.hpp"
#include "test/runtime/swarm_fixture.hpp"

namespace mosaic {
namespace {

class SwarmNodes : public testing::Test {
 protected:
  // "kill n2": what environment/swarm-lab does to a node.
  static void lab(const std::string& what) {
    const std::string command = required_variable("MOSAIC_TEST_SWARM_LAB") + " " + what;
    ASSERT_EQ(std::system(command.c_str()), 0) << command;
  }
  static std::filesystem::path folder_of_volume(const std::string& node,
                                                const std::string& volume) {
    return std::filesystem::path(required_variable("MOSAIC_SANDBOX")) / "nodes" / node /
           "docker/volumes" / volume / "_data";
  }

  void TearDown() override {
    for (const char* node : {"n2", "n3"}) {
      lab(std::string("heal ") + node);
      lab(std::string("start ") + node);
    }
    lab("wait");
  }

  ContainerView view(const AgentIdentity& identity) {
    return swarm_.driver().observe(identity, swarm_.image()).container.value();
  }
  // Where its newest running task is.
  std::string node_of(const std::string& service_id) {
    for (const auto& task :
         swarm_.hand().get("/tasks?" + engine_filters({{"service", {service_id}}}))) {
      if (task["Status"]["State"] == "running" && task["DesiredState"] == "running")
        return task["NodeID"];
    }
    return {};
  }
  // The agent of a fresh owner whose volumes were placed on that node.
  AgentIdentity agent_on(const std::string& host_name) {
    const std::string node = swarm_.node_id(host_name);
    for (int number = 0; number < 6; ++number) {
      const AgentIdentity identity = swarm_.agent("owner" + std::to_string(number));
      const std::string id = swarm_.create(identity);
      swarm_.driver().start(id);
      if (node_of(id) == node) return identity;
    }
    throw std::runtime_error("no agent came to " + host_name);
  }

  void put_to_rest(const AgentIdentity& identity) {
    const std::string id = view(identity).id;
    swarm_.driver().terminate(id);
    ASSERT_TRUE(soon([&] { return view(identity).state == ContainerState::exited; }));
    swarm_.driver().remove_container(id);
  }
  std::optional<EngineErrorKind> outcome(const AgentIdentity& identity, const std::string& node,
                                         MoveStep step) {
    try {
      swarm_.driver().advance_move(identity, node, step);
    } catch (const EngineError& error) {
      return error.kind();
    }
    return std::nullopt;
  }

  LinkedSwarmLab swarm_;
};

TEST_F(SwarmNodes, AgentsAreSpreadOverTheNodesAndStayWhereTheirStateIs) {
  std::set<std::string> nodes;
  for (const char* owner : {"alice", "bob", "carol"}) {
    const AgentIdentity identity = swarm_.agent(owner);
    const std::string id = swarm_.create(identity);
    swarm_.driver().start(id);
    const std::string first = node_of(id);
    swarm_.driver().terminate(id);
    ASSERT_TRUE(soon([&] { return view(identity).state == ContainerState::exited; }));
    swarm_.driver().remove_container(id);
    const std::string again = swarm_.create(identity);
    swarm_.driver().start(again);
    EXPECT_EQ(node_of(again), first);
    nodes.insert(first);
  }
  EXPECT_EQ(nodes.size(), 3U);
}

TEST_F(SwarmNodes, AnAgentWhoseNodeDiesWaitsForItAndRunsThereAgain) {
  const AgentIdentity identity = agent_on("n2");
  const std::string id = view(identity).id;
  lab("kill n2");
  ASSERT_TRUE(soon([&] { return view(identity).state == ContainerState::placing; }));
  EXPECT_EQ(view(identity).error, "the node n2 does not answer; the agent runs again once it does");
  lab("start n2");
  // It ended with its node, as the controller will see.
  ASSERT_TRUE(soon([&] { return view(identity).state == ContainerState::exited; }));
  swarm_.driver().start(id);
  ASSERT_TRUE(soon([&] { return view(identity).state == ContainerState::running; }));
  EXPECT_EQ(node_of(id), swarm_.node_id("n2"));
}

TEST_F(SwarmNodes, AnAgentThatIsStartedWhileItsNodeIsAwayWaitsWithTheEnginesOwnWords) {
  const AgentIdentity identity = agent_on("n3");
  const std::string id = view(identity).id;
  swarm_.driver().terminate(id);
  ASSERT_TRUE(soon([&] { return view(identity).state == ContainerState::exited; }));
  lab("partition n3");
  ASSERT_TRUE(soon([&] {
    for (const auto& node : swarm_.hand().get("/nodes")) {
      if (node["Description"]["Hostname"] == "n3") return node["Status"]["State"] == "down";
    }
    return false;
  }));
  swarm_.driver().start(id);
  const ContainerView waiting = view(identity);
  EXPECT_EQ(waiting.state, ContainerState::placing);
  EXPECT_NE(waiting.error.find("no suitable node"), std::string::npos) << waiting.error;
  lab("heal n3");
  EXPECT_TRUE(soon([&] { return view(identity).state == ContainerState::running; }));
}

TEST_F(SwarmNodes, APurgeEmptiesTheVolumesOnTheNodeWhereTheyAre) {
  const AgentIdentity identity = agent_on("n2");
  const std::string id = view(identity).id;
  const std::filesystem::path state = folder_of_volume("n2", state_volume_name(identity));
  std::ofstream(state / "secret") << "of the owner";
  std::filesystem::create_directory(state / "folder");
  std::ofstream(state / "folder" / "file") << "closed to its owner";
  ASSERT_EQ(::chown((state / "folder").c_str(), agent_user, agent_user), 0);
  std::filesystem::permissions(state / "folder", std::filesystem::perms::none);
  swarm_.driver().terminate(id);
  ASSERT_TRUE(soon([&] { return view(identity).state == ContainerState::exited; }));
  swarm_.driver().remove_container(id);
  swarm_.driver().remove_network(network_name(identity));
  swarm_.driver().remove_volumes(identity);
  EXPECT_TRUE(std::filesystem::is_empty(state));
  EXPECT_EQ(swarm_.driver().observe(identity, swarm_.image()).volumes, VolumePresence::none);
}

// What the loop does, step by step; the agent of `identity` is stopped and its container removed.
TEST_F(SwarmNodes, VolumesMoveAsAWholeAndAreRemovedWhereTheyWere) {
  const AgentIdentity identity = agent_on("n2");
  const std::filesystem::path before = folder_of_volume("n2", state_volume_name(identity));
  const std::filesystem::path after = folder_of_volume("n3", state_volume_name(identity));
  std::ofstream(before / "word") << "heron";
  ASSERT_EQ(::chown((before / "word").c_str(), agent_user, agent_user), 0);
  EXPECT_EQ(outcome(identity, "n3", MoveStep::begin_copy), EngineErrorKind::conflict) << "in use";
  put_to_rest(identity);
  EXPECT_EQ(swarm_.driver().look_at_move(identity, "n2").stage, MoveStage::there);
  EXPECT_EQ(swarm_.driver().look_at_move(identity, "n3").stage, MoveStage::away);
  swarm_.driver().advance_move(identity, "n3", MoveStep::begin_copy);
  EXPECT_TRUE(swarm_.driver().observe(identity, swarm_.image()).copy_under_way);
  EXPECT_EQ(swarm_.driver().look_at_move(identity, "n1").stage, MoveStage::astray);
  EXPECT_THROW(swarm_.create(identity), EngineError);
  ASSERT_TRUE(soon([&] {
    return swarm_.driver().look_at_move(identity, "n3").stage == MoveStage::copied;
  })) << swarm_.driver().look_at_move(identity, "n3").detail;
  swarm_.driver().advance_move(identity, "n3", MoveStep::keep_copy);
  EXPECT_EQ(outcome(identity, "n3", MoveStep::keep_copy), EngineErrorKind::conflict) << "kept";
  EXPECT_EQ(swarm_.driver().look_at_move(identity, "n3").stage, MoveStage::there);
  EXPECT_TRUE(std::filesystem::exists(after / "word"));
  EXPECT_TRUE(soon([&] {
    swarm_.driver().remove_leftovers();
    return std::filesystem::is_empty(before);
  }));
  const std::string again = swarm_.create(identity);
  swarm_.driver().start(again);
  EXPECT_EQ(node_of(again), swarm_.node_id("n3"));
  EXPECT_TRUE(std::filesystem::exists(after / "word"));
}

TEST_F(SwarmNodes, ACopyWhoseNodeDiesFailsAndTheStateStaysWhereItIs) {
  const AgentIdentity identity = agent_on("n2");
  put_to_rest(identity);
  lab("partition n3");
  ASSERT_TRUE(soon(
      [&] { return swarm_.driver().look_at_move(identity, "n3").stage == MoveStage::impossible; }));
  lab("heal n3");
  ASSERT_TRUE(
      soon([&] { return swarm_.driver().look_at_move(identity, "n3").stage == MoveStage::away; }));
  swarm_.driver().advance_move(identity, "n3", MoveStep::begin_copy);
  lab("kill n3");
  ASSERT_TRUE(soon([&] {
    const MoveStage stage = swarm_.driver().look_at_move(identity, "n3").stage;
    return stage == MoveStage::failed || stage == MoveStage::copied;
  }));
  swarm_.driver().advance_move(identity, "n3", MoveStep::give_up);
  EXPECT_FALSE(swarm_.driver().observe(identity, swarm_.image()).copy_under_way);
  const std::string again = swarm_.create(identity);
  swarm_.driver().start(again);
  EXPECT_EQ(node_of(again), swarm_.node_id("n2"));
  lab("start n3");
}

TEST_F(SwarmNodes, StateOnADeadNodeIsLeftBehindOnlyThereAndEmptiedWhenItComesBack) {
  const AgentIdentity identity = agent_on("n2");
  const std::filesystem::path before = folder_of_volume("n2", state_volume_name(identity));
  std::ofstream(before / "word") << "heron";
  put_to_rest(identity);
  EXPECT_EQ(outcome(identity, "n3", MoveStep::leave_state), EngineErrorKind::conflict);
  lab("kill n2");
  ASSERT_TRUE(soon([&] { return swarm_.driver().look_at_move(identity, "n3").source_lost; }));
  swarm_.driver().advance_move(identity, "n3", MoveStep::leave_state);
  const std::string again = swarm_.create(identity);
  swarm_.driver().start(again);
  EXPECT_EQ(node_of(again), swarm_.node_id("n3"));
  EXPECT_TRUE(std::filesystem::exists(before / "word"));
  lab("start n2");
  EXPECT_TRUE(soon([&] {
    swarm_.driver().remove_leftovers();
    return std::filesystem::is_empty(before);
  }));
}

}  // namespace
}  // namespace mosaic
