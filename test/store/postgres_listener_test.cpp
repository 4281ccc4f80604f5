#include "store/postgres_listener.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>

#include "test/conformance/store/store_harness.hpp"
#include "test/store/postgres_harness.hpp"

namespace mosaic::conformance {
namespace {

using testing::ElementsAre;

ListenerOptions without_polling() {
  ListenerOptions options;
  options.poll_interval = std::chrono::hours(1);
  options.reconnect_shortest = Duration(5);
  return options;
}

TEST(PostgresListener, AsksForARelistOnceItListens) {
  PostgresHarness harness;
  RecordingListener listener;
  PostgresListener subject(harness.database().options(), listener, {}, without_polling());
  subject.start();
  EXPECT_TRUE(listener.wait_for("relist"));
  EXPECT_THAT(listener.take(), ElementsAre("settings", "relist"));
}

TEST(PostgresListener, ReconnectsAndAsksForARelist) {
  PostgresHarness harness;
  RecordingListener listener;
  std::atomic<int> connected{0};
  std::atomic<int> lost{0};
  PostgresListener subject(harness.database().options(), listener,
                           {[&] { ++connected; }, [&](const std::string&) { ++lost; }},
                           without_polling());
  subject.start();
  ASSERT_TRUE(listener.wait_for("relist"));
  for (int round = 1; round <= 3; ++round) {
    listener.take();
    harness.database().kill_connections();
    ASSERT_TRUE(listener.wait_for("relist"));
  }
  harness.insert_agent(user_row(alice, "alice"));
  EXPECT_TRUE(listener.wait_for("user/agent-alice"));
  EXPECT_GE(connected, 4);
  EXPECT_GE(lost, 3);
}

TEST(PostgresListener, FindsByLookingWhatNoNotificationSaid) {
  PostgresHarness harness;
  harness.insert_agent(user_row(alice, "alice"));
  RecordingListener listener;
  ListenerOptions options;
  options.poll_interval = Duration(20);
  PostgresListener subject(harness.database().options(), listener, {}, options);
  subject.start();
  ASSERT_TRUE(listener.wait_for("relist"));
  listener.take();
  harness.database().exec(
      "SET session_replication_role = replica; "
      R"(UPDATE "UserContainer" SET "changeXid" = pg_current_xact_id())");
  EXPECT_TRUE(listener.wait_for("user/agent-alice"));
  harness.database().exec(
      "SET session_replication_role = replica; "
      R"(UPDATE "mosaic_feed" SET "settingsXid" = pg_current_xact_id())");
  EXPECT_TRUE(listener.wait_for("settings"));
}

TEST(PostgresListener, StopsAtOnceWhateverItIsDoing) {
  RecordingListener listener;
  TestDatabase database;
  DatabaseOptions nowhere;
  nowhere.url = "postgresql://user@127.0.0.1:1/name";
  for (const DatabaseOptions& options : {database.options(), nowhere}) {
    ListenerOptions slow;
    slow.reconnect_shortest = std::chrono::hours(1);
    slow.reconnect_longest = std::chrono::hours(1);
    std::atomic<bool> lost{false};
    PostgresListener subject(options, listener, {nullptr, [&](const std::string&) { lost = true; }},
                             slow);
    subject.start();
    if (options.url == database.options().url) {
      ASSERT_TRUE(listener.wait_for("relist"));
    }
    const auto before = std::chrono::steady_clock::now();
    subject.stop();
    EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(1));
  }
}

TEST(PostgresListener, NeverStartedIsDestroyedQuietly) {
  RecordingListener listener;
  TestDatabase database;
  PostgresListener subject(database.options(), listener);
}

}  // namespace
}  // namespace mosaic::conformance
