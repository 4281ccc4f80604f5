// Agents whose process ends by itself: refused configuration, crash loops, too little memory.
#include "test/e2e/fleet.hpp"

namespace mosaic::e2e {
namespace {

using namespace std::chrono_literals;

class Failure : public FleetTest {
 protected:
  void SetUp() override {
    FleetTest::SetUp();
    const std::string tag = ":" + fleet.instance().substr(0, 8);
    refusing = "mosaic-e2e/refusing" + tag;
    crashing = "mosaic-e2e/crashing" + tag;
    greedy = "mosaic-e2e/greedy" + tag;
  }

  void TearDown() override {
    FleetTest::TearDown();
    fleet.end_processes();
    fleet.engine().remove_everything_of(fleet.instance());
    for (const auto& image : made) fleet.engine().docker({"rmi", "--force", image});
  }

  void make(const std::string& image, const std::string& change, const std::string& program = {}) {
    fleet.engine().make_image(image, instant_image(), change, program);
    made.push_back(image);
  }

  void insert_with_image(const std::string& image) {
    fleet.insert_user("c1", "alice");
    fleet.set_user("c1", "\"image\" = '" + image + "'");
    fleet.touch("c1");
  }

  int starts() {
    return fleet.database()
        .sql(R"(SELECT coalesce(sum("count"), 0) FROM "AgentEvent"
                                   WHERE "agentId" = 'c1' AND "reason" = 'Starting')")[0][0]
        .as<int>();
  }

  std::string refusing, crashing, greedy;
  std::vector<std::string> made;
};

TEST_F(Failure, RefusedConfigurationIsTerminalUntilItChanges) {
  make(refusing, "ENV MOSAIC_TEST_EXIT_CODE=78");
  insert_with_image(refusing);
  ASSERT_TRUE(fleet.becomes("c1", "failed"));
  EXPECT_EQ(fleet.look("c1")->reason, "ConfigurationRefused");
  EXPECT_EQ(fleet.look("c1")->status, "error");
  EXPECT_EQ(fleet.look("c1")->restart_count, 1);

  // Another change of the very row leads to one more try, which is the last one again.
  fleet.database().sql(
      R"(INSERT INTO "UserAgentConfig" ("id", "userId", "primaryModel", "updatedAt")
                          VALUES ('config', 'alice', 'sage', now() AT TIME ZONE 'UTC'))");
  ASSERT_TRUE(eventually_well(30s, [&]() -> std::string {
    const auto now = *fleet.look("c1");
    return now.phase == "failed" && now.restart_count == 2
               ? ""
               : now.phase + " " + std::to_string(now.restart_count);
  }));
  EXPECT_EQ(fleet.look("c1")->reason, "ConfigurationRefused");

  // What it needs is there: it runs without further words.
  fleet.set_user("c1", R"("image" = NULL)");
  ASSERT_TRUE(fleet.becomes("c1", "running"));
}

TEST_F(Failure, CrashLoopBackOffSurvivesARestartOfTheController) {
  make(crashing, "ENV MOSAIC_TEST_EXIT_CODE=3");
  insert_with_image(crashing);
  ASSERT_TRUE(eventually_well(30s, [&]() -> std::string {
    const auto now = *fleet.look("c1");
    return now.reason == "CrashLoopBackOff" && now.restart_count == 2
               ? ""
               : now.reason + ": " + now.message;
  }));
  const auto before = *fleet.look("c1");
  fleet.controller().kill_hard();
  fleet.start_controller();
  ASSERT_TRUE(fleet.leads());
  const auto container = fleet.engine().inspect(before.container);
  // It is started again when the time on record has come, not by the restart of the controller.
  const auto due = fleet.database()
                       .sql(R"(SELECT extract(epoch FROM "nextRetryAt" - now() AT TIME ZONE 'UTC')
                                           FROM "UserContainer")")[0][0]
                       .as<double>();
  ASSERT_TRUE(eventually_well(20s, [&]() -> std::string {
    return fleet.look("c1")->restart_count == 3 ? ""
                                                : "not tried again: " + fleet.look("c1")->message;
  }));
  const auto tried = fleet.database()
                         .sql(R"(SELECT extract(epoch FROM "lastExitAt" - $1::timestamp)
                                             FROM "UserContainer")",
                              before.next_retry_at)[0][0]
                         .as<double>();
  EXPECT_GE(tried, 0.0) << "it was due in " << due << " s";
  EXPECT_LT(tried, 3.0);
}

TEST_F(Failure, AgentThatRunsOutOfMemorySaysSo) {
  make(greedy, "ENV NOTHING=1", "#!/bin/sh\nexec tail /dev/zero\n");
  insert_with_image(greedy);
  ASSERT_TRUE(eventually_well(40s, [&]() -> std::string {
    const auto now = *fleet.look("c1");
    return now.last_error.find("ran out of memory (limit 64 MB)") != std::string::npos
               ? ""
               : now.last_error;
  }));
  ASSERT_TRUE(eventually_well(
      20s, [&]() -> std::string { return fleet.look("c1")->restart_count >= 2 ? "" : "one end"; }));
}

TEST_F(Failure, OneAgentThatCrashesDoesNotKeepOthersFromStarting) {
  make(crashing, "ENV MOSAIC_TEST_EXIT_CODE=3");
  insert_with_image(crashing);
  fleet.insert_user("c2", "bob");
  fleet.touch("c2");
  ASSERT_TRUE(fleet.becomes("c2", "running"));
}

}  // namespace
}  // namespace mosaic::e2e
