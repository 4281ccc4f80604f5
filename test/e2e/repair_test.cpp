// What people and engines do behind the controller's back is repaired; what is not ours is left alone.
#include <cstdlib>

#include "test/e2e/fleet.hpp"

namespace mosaic::e2e {
namespace {

using namespace std::chrono_literals;

class Repair : public FleetTest {
 protected:
  void SetUp() override {
    FleetTest::SetUp();
    for (const auto& [id, owner] : {std::pair{"c1", "alice"}, std::pair{"c2", "bob"}}) {
      fleet.insert_user(id, owner);
      fleet.touch(id);
    }
    ASSERT_TRUE(fleet.becomes("c1", "running"));
    ASSERT_TRUE(fleet.becomes("c2", "running"));
    before = *fleet.look("c1");
  }

  // Whatever a test left undone, the next one gets an engine.
  void TearDown() override {
    if (!fleet.engine().answers())
      run({{required_environment("MOSAIC_TEST_ENGINE_CONTROL"), "start"}, {}, {}}, 120s);
    FleetTest::TearDown();
  }

  // Running again, in a process that became ready after the one that was there at first.
  testing::AssertionResult is_repaired(std::chrono::milliseconds limit = 40s) {
    return eventually_well(limit, [&]() -> std::string {
      const auto now = *fleet.look("c1");
      const auto containers = fleet.containers_of("c1");
      const bool one = containers.size() == 1 && containers.front().state == "running";
      if (one && now.phase == "running" && now.ready_at > before.ready_at) return {};
      return "it is " + now.phase + " (" + now.reason + ": " + now.message + ") with " +
             std::to_string(containers.size()) + " containers";
    });
  }

  SeenAgent before;
};

TEST_F(Repair, ContainerRemovedByAHuman) {
  fleet.engine().docker({"rm", "--force", before.container});
  EXPECT_TRUE(is_repaired());
}

TEST_F(Repair, ContainerStoppedByAHuman) {
  fleet.engine().docker({"stop", "--time", "2", before.container});
  EXPECT_TRUE(is_repaired());
}

TEST_F(Repair, ContainerPausedByAHuman) {
  fleet.engine().docker({"pause", before.container});
  EXPECT_TRUE(eventually_well(40s, [&]() -> std::string {
    const auto now = *fleet.look("c1");
    const auto containers = fleet.containers_of("c1");
    return now.phase == "running" && containers.size() == 1 && containers.front().state == "running"
               ? ""
               : now.phase;
  }));
}

TEST_F(Repair, NetworkRemovedByAHuman) {
  for (const auto& network : fleet.engine().networks(fleet.instance())) {
    if (network.row != "c1") continue;
    fleet.engine().docker({"network", "disconnect", "--force", network.name, before.container});
    fleet.engine().docker({"network", "rm", network.name});
  }
  EXPECT_TRUE(is_repaired(90s));
  EXPECT_EQ(fleet.engine().networks(fleet.instance()).size(), 2u);
}

TEST_F(Repair, EngineThatRestartsHasEverybodyRunningAgain) {
  const std::string control = required_environment("MOSAIC_TEST_ENGINE_CONTROL");
  ASSERT_EQ(run({{control, "restart"}, {}, {}}, 120s).exit_code, 0);
  EXPECT_TRUE(is_repaired(60s));
  EXPECT_TRUE(fleet.becomes("c2", "running", 60s));
  EXPECT_EQ(fleet.containers_of("c2").size(), 1u);
}

TEST_F(Repair, EngineThatDiesLosesNothingAndIsSeenAgain) {
  const std::string control = required_environment("MOSAIC_TEST_ENGINE_CONTROL");
  ASSERT_EQ(run({{control, "kill"}, {}, {}}, 60s).exit_code, 0);
  // While nothing is known about containers, nothing is written about them.
  fleet.set_user("c1", R"("desiredState" = 'stopped')");
  EXPECT_EQ(fleet.look("c2")->phase, "running");
  ASSERT_EQ(run({{control, "start"}, {}, {}}, 120s).exit_code, 0);
  EXPECT_TRUE(fleet.becomes("c1", "stopped", 90s));
  EXPECT_TRUE(fleet.becomes("c2", "running", 90s));
  EXPECT_EQ(fleet.containers_of("c2").size(), 1u);
}

TEST_F(Repair, ForeignContainerUnderOurNameIsReportedAndLeftAlone) {
  const std::string name = "e2e-" + fleet.instance().substr(0, 8) + "-carol";
  const std::string foreign =
      fleet.engine().docker({"run", "--detach", "--name", name, instant_image()});
  fleet.insert_user("c3", "carol");
  fleet.touch("c3");
  EXPECT_TRUE(eventually_well(20s, [&]() -> std::string {
    const auto now = *fleet.look("c3");
    return now.reason == "NameTaken" ? "" : now.reason + ": " + now.message;
  }));
  EXPECT_NE(fleet.look("c3")->message.find(name), std::string::npos);
  EXPECT_EQ(fleet.engine().inspect(foreign).at("State").at("Status"), "running");
  fleet.engine().docker({"rm", "--force", foreign});
  EXPECT_TRUE(fleet.becomes("c3", "running", 60s));
}

}  // namespace
}  // namespace mosaic::e2e
