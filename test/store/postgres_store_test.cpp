#include "store/postgres_store.hpp"

#include <gtest/gtest.h>

#include "test/conformance/store/store_conformance.hpp"
#include "test/store/postgres_harness.hpp"

namespace mosaic::conformance {

INSTANTIATE_TYPED_TEST_SUITE_P(PostgresStore, StoreConformance, PostgresHarness);

namespace {

TEST(PostgresStoreColumns, FillsTheSeedsOwnStatusColumns) {
  PostgresHarness harness;
  harness.insert_agent(user_row(alice, "alice"));
  harness.store().write_status(alice, full_status(), 0);
  EXPECT_EQ(harness.database().exec(
                R"(SELECT "status", "containerId", "gatewayPort" FROM "UserContainer")"),
            (std::vector<std::vector<std::string>>{{"running", "c0ffee", "18789"}}));
  harness.store().write_status(alice, AgentStatus{}, 0);
  EXPECT_EQ(
      harness.database().exec(
          R"(SELECT "status", "containerId" IS NULL, "gatewayPort" IS NULL FROM "UserContainer")"),
      (std::vector<std::vector<std::string>>{{"stopped", "t", "t"}}));
}

TEST(PostgresStoreColumns, LeavesUpdatedAtAndChangeXidAloneInAStatusWrite) {
  PostgresHarness harness;
  harness.insert_agent(user_row(alice, "alice"));
  const std::string columns =
      R"(SELECT "updatedAt", "changeXid", "generation" FROM "UserContainer")";
  const auto before = harness.database().exec(columns);
  ASSERT_TRUE(harness.store().write_status(alice, full_status(), 0));
  EXPECT_EQ(harness.database().exec(columns), before);
}

TEST(PostgresStoreColumns, KeepsEncryptedSettingsToItself) {
  PostgresHarness harness;
  harness.database().exec(
      R"(INSERT INTO "SystemConfig" ("id", "key", "value", "encrypted", "updatedAt")
                             VALUES ('1', 'fleet.secret', 'enc:x', true, now()))");
  EXPECT_THAT(harness.store().settings("fleet."), IsEmpty());
}

TEST(PostgresStoreColumns, SurvivesOddValuesOfOthers) {
  PostgresHarness harness;
  harness.insert_agent(user_row(alice, "alice"));
  harness.database().exec(
      R"(UPDATE "UserContainer" SET "phase" = 'unheard of', "idleTimeoutMin" = -5,
                             "lastActiveAt" = 'infinity', "conditions" = '{"a": 1}', "endpoint" = 'x:99999999999')");
  const AgentRow row = harness.store().find_agent(alice).value();
  EXPECT_EQ(row.status.phase, Phase::stopped);
  EXPECT_EQ(row.idle_timeout, Duration::zero());
  EXPECT_EQ(row.last_active_at, std::nullopt);
  AgentStatus status = row.status;
  EXPECT_TRUE(harness.store().write_status(alice, status, 0));
}

TEST(PostgresStoreColumns, RefusesToListWhenTheVisitorThrowsAndWorksAfterwards) {
  PostgresHarness harness;
  for (int index = 0; index < 100; ++index) {
    const std::string name = "n" + std::to_string(index);
    harness.insert_agent(user_row(ResourceKey(ResourceKind::user_container, name), name));
  }
  EXPECT_THROW(harness.store().for_each_agent([](AgentRow&&) { throw std::logic_error("enough"); }),
               std::logic_error);
  int count = 0;
  harness.store().for_each_agent([&](AgentRow&&) { ++count; });
  EXPECT_EQ(count, 100);
}

}  // namespace
}  // namespace mosaic::conformance
