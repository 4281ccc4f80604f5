// What rows ask for happens on the engine: the life of agents under the real API and controller, instant image.
#include <signal.h>

#include "model/naming.hpp"
#include "test/e2e/fleet.hpp"

namespace mosaic::e2e {
namespace {

using namespace std::chrono_literals;

class Lifecycle : public FleetTest {
 protected:
  // A user whose agent runs.
  void insert_awake(const std::string& id, const std::string& owner) {
    fleet.insert_user(id, owner);
    fleet.touch(id);
    ASSERT_TRUE(fleet.becomes(id, "running"));
  }

  std::string only_container(const std::string& id) {
    const auto containers = fleet.containers_of(id);
    EXPECT_EQ(containers.size(), 1u);
    return containers.empty() ? "" : containers.front().id;
  }

  std::size_t volumes_of(const std::string& owner) {
    std::size_t count = 0;
    for (const auto& name : fleet.engine().volumes(fleet.instance())) {
      if (name.find("-user-" + owner + "-") != std::string::npos) ++count;
    }
    return count;
  }
};

TEST_F(Lifecycle, RowOfTheSeedsColumnsSleepsUntilTouchedAndThenRuns) {
  fleet.insert_user("c1", "alice");
  ASSERT_TRUE(eventually_well(20s, [&]() -> std::string {
    return fleet.look("c1")->reason == "NeverUsed" ? "" : "reason is " + fleet.look("c1")->reason;
  }));
  EXPECT_TRUE(fleet.containers_of("c1").empty());

  fleet.touch("c1");
  ASSERT_TRUE(fleet.becomes("c1", "running"));
  const auto agent = *fleet.look("c1");
  EXPECT_EQ(agent.status, "running");
  EXPECT_EQ(agent.reason, "Ready");
  EXPECT_EQ(agent.container, only_container("c1"));
  EXPECT_TRUE(agent.endpoint.ends_with(":18789")) << agent.endpoint;
}

TEST_F(Lifecycle, WatchShowsAnAgentWheneverItIsAnother) {
  fleet.insert_user("c1", "alice");
  ChildProcess watch(fleet.mosaic({"get", "users", "--watch"}), fleet.folder() / "watch.log");
  const auto shows = [&](const std::string& word) {
    return eventually(20s, [&] { return watch.log_text().find(word) != std::string::npos; });
  };
  EXPECT_TRUE(shows("alice")) << watch.log_text();
  fleet.touch("c1");
  EXPECT_TRUE(shows("running")) << watch.log_text();
  watch.signal(SIGINT);
  EXPECT_EQ(watch.wait(10s), 0);
}

TEST_F(Lifecycle, IdleAgentIsStoppedAndWakesWithItsVolumes) {
  insert_awake("c1", "alice");
  const auto volumes = fleet.engine().volumes(fleet.instance());
  fleet.set_user("c1", R"("lastActiveAt" = now() AT TIME ZONE 'UTC' - interval '31 minutes')");
  ASSERT_TRUE(fleet.becomes("c1", "stopped"));
  EXPECT_EQ(fleet.look("c1")->reason, "Idle");
  EXPECT_EQ(fleet.look("c1")->status, "stopped");
  for (const auto& container : fleet.containers_of("c1")) EXPECT_FALSE(container.has_process());

  fleet.touch("c1");
  ASSERT_TRUE(fleet.becomes("c1", "running"));
  EXPECT_EQ(fleet.engine().volumes(fleet.instance()), volumes);
}

TEST_F(Lifecycle, IdleAgentIsPausedWhereTheFleetAllowsIt) {
  fleet.set_setting("fleet.sleep.pause", "true");
  fleet.set_setting("fleet.sleep.pausedMemoryMb", "1000");
  insert_awake("c1", "alice");
  const std::string container = only_container("c1");
  fleet.set_user("c1", R"("lastActiveAt" = now() AT TIME ZONE 'UTC' - interval '31 minutes')");
  ASSERT_TRUE(fleet.becomes("c1", "paused"));
  EXPECT_EQ(fleet.engine().inspect(container).at("State").at("Status"), "paused");

  fleet.touch("c1");
  ASSERT_TRUE(fleet.becomes("c1", "running"));
  EXPECT_EQ(only_container("c1"), container);
}

TEST_F(Lifecycle, RunningTurnKeepsAnIdleAgentAwake) {
  insert_awake("c1", "alice");
  fleet.set_user("c1", R"("lastActiveAt" = now() AT TIME ZONE 'UTC' - interval '31 minutes',
                          "busyUntil" = now() AT TIME ZONE 'UTC' + interval '3 seconds')");
  const auto began = std::chrono::steady_clock::now();
  ASSERT_TRUE(fleet.becomes("c1", "stopped"));
  EXPECT_GE(std::chrono::steady_clock::now() - began, 2500ms);
}

TEST_F(Lifecycle, StopStartAndRestartByCommandAreObeyed) {
  insert_awake("c1", "alice");
  EXPECT_EQ(fleet.run_mosaic({"stop", "user", "alice", "--wait"}).exit_code, 0);
  EXPECT_EQ(fleet.look("c1")->phase, "stopped");
  EXPECT_EQ(fleet.look("c1")->reason, "StopRequested");

  fleet.touch("c1");  // a user's wish does not undo an operator's
  EXPECT_EQ(fleet.run_mosaic({"start", "user", "alice", "--wait"}).exit_code, 0);
  const auto started = *fleet.look("c1");
  EXPECT_EQ(started.phase, "running");

  EXPECT_EQ(fleet.run_mosaic({"restart", "user", "alice", "--wait"}).exit_code, 0);
  EXPECT_EQ(fleet.look("c1")->phase, "running");
  EXPECT_GT(fleet.look("c1")->ready_at, started.ready_at);
  EXPECT_EQ(fleet.look("c1")->restart_count, 0);
}

TEST_F(Lifecycle, DeletedAgentLeavesItsVolumesAndPurgedOneNothing) {
  insert_awake("c1", "alice");
  insert_awake("c2", "bob");
  ASSERT_EQ(volumes_of("alice"), 2u);
  ASSERT_EQ(volumes_of("bob"), 2u);
  EXPECT_EQ(fleet.run_mosaic({"delete", "user", "alice"}).exit_code, 0);
  EXPECT_EQ(fleet.run_mosaic({"delete", "user", "bob", "--purge"}).exit_code, 0);
  ASSERT_TRUE(fleet.is_gone("c1"));
  ASSERT_TRUE(fleet.is_gone("c2"));
  EXPECT_EQ(volumes_of("alice"), 2u);
  EXPECT_EQ(volumes_of("bob"), 0u);
}

TEST_F(Lifecycle, RowDeletedByAnyClientTakesItsContainerAlongAndKeepsTheVolumes) {
  insert_awake("c1", "alice");
  fleet.database().sql(R"(DELETE FROM "UserContainer" WHERE "id" = 'c1')");
  ASSERT_TRUE(fleet.is_gone("c1"));
  EXPECT_EQ(volumes_of("alice"), 2u);

  insert_awake("c9", "alice");  // the same user comes back, under the same name
  EXPECT_EQ(volumes_of("alice"), 2u);
}

TEST_F(Lifecycle, UserWhoIsDeletedAndComesBackAtOnceGetsANetworkOfTheNewRow) {
  insert_awake("c1", "alice");
  fleet.database().sql(R"(DELETE FROM "UserContainer" WHERE "id" = 'c1')");
  fleet.insert_user("c9", "alice");
  fleet.touch("c9");
  ASSERT_TRUE(fleet.becomes("c9", "running", 60s));
  EXPECT_TRUE(fleet.is_gone("c1"));
  EXPECT_EQ(fleet.engine().networks(fleet.instance()).size(), 1u);
  EXPECT_EQ(volumes_of("alice"), 2u);
}

// The instant image never takes a configuration while it runs. That it is tried, and that
// the restart which follows waits for the turn, is what is seen here; openclaw_test.cpp sees the rest.
TEST_F(Lifecycle, ConfigurationThatCannotBeAppliedWhileRunningRollsOutOnceTheTurnHasEnded) {
  insert_awake("c1", "alice");
  const auto before = *fleet.look("c1");
  fleet.set_user("c1", R"("busyUntil" = now() AT TIME ZONE 'UTC' + interval '50 seconds')");
  fleet.database().sql(
      R"(INSERT INTO "UserAgentConfig" ("id", "userId", "primaryModel", "updatedAt")
                          VALUES ('config', 'alice', 'sage', now() AT TIME ZONE 'UTC'))");
  ASSERT_TRUE(fleet.becomes("c1", "draining", 60s));
  ASSERT_TRUE(eventually_well(60s, [&]() -> std::string {
    const auto now = *fleet.look("c1");
    return now.phase == "running" && now.ready_at > before.ready_at ? "" : "it is " + now.phase;
  }));
  EXPECT_TRUE(fleet.has_event("c1", "ReloadFailed"));
  EXPECT_TRUE(fleet.has_event("c1", "ConfigurationChanged"));
  EXPECT_EQ(fleet.look("c1")->restart_count, 0);
}

TEST_F(Lifecycle, LimitOfMemoryIsOnTheContainerAndAChangeReplacesIt) {
  insert_awake("c1", "alice");
  const std::string container = only_container("c1");
  EXPECT_EQ(fleet.engine().inspect(container).at("HostConfig").at("Memory"), 64 * 1024 * 1024);
  fleet.set_user("c1", R"("memoryMb" = 80)");
  ASSERT_TRUE(eventually_well(20s, [&]() -> std::string {
    const auto now = *fleet.look("c1");
    return now.phase == "running" && now.container != container ? "" : "it is " + now.phase;
  }));
  EXPECT_EQ(fleet.engine().inspect(only_container("c1")).at("HostConfig").at("Memory"),
            80 * 1024 * 1024);
}

TEST_F(Lifecycle, SystemAgentRunsWhileItIsActive) {
  fleet.insert_system("s1", "research");
  ASSERT_TRUE(fleet.becomes("s1", "running"));
  fleet.database().sql(R"(UPDATE "SystemContainer" SET "isActive" = false)");
  ASSERT_TRUE(fleet.becomes("s1", "stopped"));
  EXPECT_EQ(fleet.look("s1")->reason, "Inactive");
  fleet.database().sql(R"(UPDATE "SystemContainer" SET "isActive" = true)");
  ASSERT_TRUE(fleet.becomes("s1", "running"));
}

TEST_F(Lifecycle, ContainerHasTheBaseline) {
  insert_awake("c1", "alice");
  const auto seen = fleet.engine().inspect(only_container("c1"));
  const auto& host = seen.at("HostConfig");
  EXPECT_EQ(seen.at("Config").at("User"), "1000:1000");
  EXPECT_EQ(host.at("CapDrop"), nlohmann::json({"ALL"}));
  EXPECT_EQ(host.at("ReadonlyRootfs"), true);
  EXPECT_EQ(host.at("Privileged"), false);
  EXPECT_EQ(host.at("SecurityOpt"), nlohmann::json({"no-new-privileges"}));
  EXPECT_EQ(host.at("MemorySwap"), host.at("Memory"));
  EXPECT_EQ(host.at("RestartPolicy").at("Name"), "no");
  EXPECT_TRUE(host.at("PortBindings").empty());
  EXPECT_TRUE(host.at("Binds").is_null() || host.at("Binds").empty());
  const auto status =
      fleet.engine().docker({"exec", only_container("c1"), "cat", "/proc/1/status"});
  EXPECT_NE(status.find("CapEff:\t0000000000000000"), std::string::npos);
  EXPECT_NE(status.find("NoNewPrivs:\t1"), std::string::npos);
  EXPECT_NE(status.find("Seccomp:\t2"), std::string::npos);
}

}  // namespace
}  // namespace mosaic::e2e
