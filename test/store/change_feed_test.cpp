#include "store/change_feed.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <pqxx/pqxx>

#include "test/conformance/store/store_harness.hpp"
#include "test/store/postgres_harness.hpp"

namespace mosaic::conformance {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

// A look overlaps with the one before while any transaction on the server is under way, other
// tests' included. Past that overlap, what the next look shows is new.
std::string settled_cursor(PostgresHarness& harness, std::string cursor) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  ChangeBatch batch;
  do {
    batch = harness.store().changes_since(cursor);
    cursor = batch.cursor;
  } while (!(batch.keys.empty() && !batch.relist) && std::chrono::steady_clock::now() < deadline);
  return cursor;
}

TEST(ChangeFeed, MissesNothingWhenTransactionsCommitOutOfOrder) {
  PostgresHarness harness;
  harness.insert_agent(user_row(alice, "alice"));
  harness.insert_agent(user_row(bob, "bob"));
  const std::string cursor = settled_cursor(harness, harness.store().changes_since("").cursor);
  pqxx::connection connection(harness.database().options().url);
  pqxx::work early(connection);
  early.exec(R"(UPDATE "UserContainer" SET "image" = 'early' WHERE "id" = 'agent-alice')");
  harness.set_image(bob, "late");
  auto batch = harness.store().changes_since(cursor);
  EXPECT_THAT(batch.keys, ElementsAre(bob));
  early.commit();
  batch = harness.store().changes_since(batch.cursor);
  EXPECT_THAT(batch.keys, Contains(alice));
}

TEST(ChangeFeed, MissesNoDeletionThatCommitsLate) {
  PostgresHarness harness;
  harness.insert_agent(user_row(alice, "alice"));
  pqxx::connection connection(harness.database().options().url);
  pqxx::work early(connection);
  early.exec(R"(DELETE FROM "UserContainer")");
  harness.insert_agent(user_row(bob, "bob"));
  const auto cursor = harness.store().changes_since("").cursor;
  early.commit();
  EXPECT_THAT(harness.store().changes_since(cursor).keys, Contains(alice));
}

TEST(ChangeFeed, AsksForARelistAfterAFailoverOrOnAnotherServer) {
  PostgresHarness harness;
  const std::string cursor = harness.store().changes_since("").cursor;
  ASSERT_FALSE(harness.store().changes_since(cursor).relist);
  const auto slash = cursor.find('/');
  const auto first_dot = cursor.find('.');
  const auto second_dot = cursor.rfind('.');
  const std::string other_server = cursor.substr(0, slash + 1) + "1" + cursor.substr(first_dot);
  const std::string other_timeline =
      cursor.substr(0, first_dot) + ".000000FF" + cursor.substr(second_dot);
  EXPECT_TRUE(harness.store().changes_since(other_server).relist);
  EXPECT_TRUE(harness.store().changes_since(other_timeline).relist);
}

TEST(ChangeFeed, AsksForARelistAfterTruncate) {
  PostgresHarness harness;
  harness.insert_agent(user_row(alice, "alice"));
  const std::string cursor = harness.store().changes_since("").cursor;
  harness.database().exec(R"(TRUNCATE "UserContainer")");
  EXPECT_TRUE(harness.store().changes_since(cursor).relist);
  EXPECT_FALSE(harness.store().was_deleted(alice));
}

TEST(ChangeFeed, IgnoresTransactionNumbersOfAnotherServersLife) {
  PostgresHarness harness;
  harness.insert_agent(user_row(alice, "alice"));
  // What a dump restored on a younger server looks like.
  harness.database().exec(
      "SET session_replication_role = replica; "
      R"(UPDATE "UserContainer" SET "changeXid" = '900000000000')");
  const std::string cursor = harness.store().changes_since("").cursor;
  EXPECT_THAT(harness.store().changes_since(cursor).keys, IsEmpty());
  harness.set_image(alice, "new");
  EXPECT_THAT(harness.store().changes_since(cursor).keys, ElementsAre(alice));
}

TEST(ChangeFeed, TellsManyChangesAsOneRelist) {
  PostgresHarness harness;
  RecordingListener listener;
  harness.listen(listener);
  harness.database().exec(
      R"(INSERT INTO "UserContainer" ("id", "userId", "containerName", "gatewayToken", "updatedAt")
                             SELECT 'i' || n, 'u' || n, 'c' || n, 't', now() FROM generate_series(1, 51) n)");
  EXPECT_TRUE(listener.wait_for("relist"));
  EXPECT_THAT(listener.take(), ElementsAre("relist"));
  harness.database().exec(R"(DELETE FROM "UserContainer" WHERE "id" <> 'i1')");
  EXPECT_TRUE(listener.wait_for("user/i50"));
  const auto heard = listener.take();
  EXPECT_THAT(heard, testing::Each(testing::StartsWith("user/")));
}

TEST(ChangeFeed, MarksEveryAgentThatAChangedProviderMayReach) {
  PostgresHarness harness;
  auto& database = harness.database();
  harness.insert_agent(user_row(alice, "alice"));
  harness.insert_agent(system_row());
  harness.put_provider(provider("p1", "admin", "a"));
  harness.put_provider(provider("p2", "admin", "b"));
  harness.put_system_settings(operations.name, {"a/m", {}, "", "p1"});
  std::string cursor = harness.store().changes_since("").cursor;
  const auto changed = [&](const std::string& sql) {
    cursor = settled_cursor(harness, cursor);
    database.exec(sql);
    auto batch = harness.store().changes_since(cursor);
    cursor = batch.cursor;
    return batch.keys;
  };
  EXPECT_THAT(changed(R"(UPDATE "LlmProvider" SET "baseUrl" = 'x' WHERE "id" = 'p2')"),
              ElementsAre(operations));
  EXPECT_THAT(changed(R"(UPDATE "LlmProvider" SET "updatedAt" = now())"), IsEmpty());
  EXPECT_THAT(changed(R"(UPDATE "LlmProvider" SET "userId" = 'alice' WHERE "id" = 'p2')"),
              testing::UnorderedElementsAre(alice, operations));
  EXPECT_THAT(changed(R"(DELETE FROM "LlmProvider" WHERE "id" = 'p1')"), ElementsAre(operations));
  EXPECT_THAT(changed(R"(UPDATE "SystemContainer" SET "providerId" = NULL)"),
              ElementsAre(operations));
  EXPECT_THAT(changed(R"(UPDATE "LlmProvider" SET "models" = '[{}]' WHERE "id" = 'p2')"),
              ElementsAre(alice));
}

// What is said on the status channel while `act` runs.
class StatusChannel {
 public:
  explicit StatusChannel(PostgresHarness& harness)
      : harness_(harness), connection_(harness.database().options().url), receiver_(connection_) {}

  std::vector<std::string> heard_during(const std::function<void()>& act) {
    receiver_.heard.clear();
    act();
    // Comes after all that was said before it.
    harness_.database().exec("SELECT pg_notify('mosaic_status', 'end')");
    while (receiver_.heard.empty() || receiver_.heard.back() != "end") {
      if (connection_.await_notification(10, 0) == 0) break;
    }
    EXPECT_THAT(receiver_.heard, testing::Contains("end"));
    if (!receiver_.heard.empty()) receiver_.heard.pop_back();
    return receiver_.heard;
  }

 private:
  struct Receiver final : pqxx::notification_receiver {
    explicit Receiver(pqxx::connection& c) : notification_receiver(c, "mosaic_status") {}
    void operator()(const std::string& payload, int) override { heard.push_back(payload); }
    std::vector<std::string> heard;
  };
  PostgresHarness& harness_;
  pqxx::connection connection_;
  Receiver receiver_;
};

TEST(ChangeFeed, TellsOfPhaseEndpointAndReasonsOnTheStatusChannel) {
  PostgresHarness harness;
  harness.insert_agent(user_row(alice, "alice"));
  StatusChannel channel(harness);
  AgentStatus status = full_status();
  const auto written = [&] {
    return channel.heard_during([&] { harness.store().write_status(alice, status, 0); });
  };
  EXPECT_THAT(written(), ElementsAre("user/agent-alice"));
  status.restart_count = 9;
  EXPECT_THAT(written(), IsEmpty());
  set_condition(status, std::string(condition::ready), ConditionStatus::no, "AnotherReason", "why",
                at(1));
  EXPECT_THAT(written(), ElementsAre("user/agent-alice"));
}

TEST(ChangeFeed, TellsOfAgentsThatComeAndGoOnTheStatusChannel) {
  PostgresHarness harness;
  StatusChannel channel(harness);
  const auto heard = [&](const std::string& sql) {
    return channel.heard_during([&] { harness.database().exec(sql); });
  };
  EXPECT_THAT(channel.heard_during([&] { harness.insert_agent(user_row(alice, "alice")); }),
              testing::Contains("user/agent-alice"));
  EXPECT_THAT(heard(R"(DELETE FROM "UserContainer")"), ElementsAre("user/agent-alice"));
  const std::string many =
      R"(INSERT INTO "UserContainer" ("id", "userId", "containerName", "gatewayToken", "updatedAt")
    SELECT 'a' || n, 'u' || n, 'c' || n, 't', now() FROM generate_series(1, 51) n)";
  EXPECT_THAT(heard(many), ElementsAre("relist"));
  EXPECT_THAT(heard(R"(DELETE FROM "UserContainer")"), ElementsAre("relist"));
}

}  // namespace
}  // namespace mosaic::conformance
