// Rows that change back, go, come again, pile up, or cannot be worked with.
#include "test/faults/fault_test.hpp"

namespace mosaic::faults {
namespace {

class RowFaults : public FaultTest {};

TEST_F(RowFaults, F18_SpecChangesAndChangesBack) {
  fault(18, "the memory limit changed and changed back within one freeze of the engine", "S1 S7");
  const auto ids = add_running(2);
  for (int count = injections(3); count > 0; --count) {
    engine.freeze(true);
    agents.apply(ids[0], Change::resize);
    agents.apply(ids[0], Change::resize);
    inject();
    engine.freeze(false);
    ASSERT_TRUE(converges());
    only_container_of(ids[0]);
    // And once with time enough in between for the controller to have begun with B.
    agents.apply(ids[0], Change::resize);
    ASSERT_TRUE(eventually(10s, [&] { return engine.calls() > 0; }));
    agents.apply(ids[0], Change::resize);
    ASSERT_TRUE(converges());
  }
}

TEST_F(RowFaults, F19_SameUserDeletedAndMadeAgain) {
  fault(19, "the row deleted and another one of the same owner inserted in one transaction",
        "S1 S2 S7");
  for (int count = injections(3); count > 0; --count) {
    const std::string owner = "owner" + std::to_string(count);
    const auto former = agents.add(owner, true);
    ASSERT_TRUE(fleet.becomes(former, "running"));
    write_memory(owner);
    const auto container = only_container_of(former);
    agents.apply(former, Change::drop);
    const auto again = agents.add(owner, true);
    inject();
    ASSERT_TRUE(converges());
    EXPECT_NE(only_container_of(again), container) << "another row is another agent";
    EXPECT_TRUE(remembers(owner)) << "what the user had stays";
  }
}

TEST_F(RowFaults, F20_DeletedWithoutPurge) {
  fault(20, "deletion asked for, or the row deleted, without a purge", "S2 S7");
  for (int count = injections(2); count > 0; --count) {
    for (const Change way : {Change::remove, Change::drop}) {
      const std::string owner = "owner" + std::to_string(count) + (way == Change::drop ? "d" : "r");
      const auto id = agents.add(owner, true);
      ASSERT_TRUE(fleet.becomes(id, "running"));
      write_memory(owner);
      agents.apply(id, way);
      inject();
      ASSERT_TRUE(converges());
      EXPECT_TRUE(fleet.containers_of(id).empty());
      EXPECT_TRUE(remembers(owner));
    }
  }
}

TEST_F(RowFaults, F24_TenThousandWakes) {
  if (!long_ones_too()) GTEST_SKIP() << long_one;
  fault(24, "10 000 notifications of users who wait, six of whom exist, at once", "S1 S7");
  milliseconds longest{0};
  for (int count = injections(2); count > 0; --count) {
    std::vector<std::string> ids;
    for (int number = 0; number < 6; ++number)
      ids.push_back(
          agents.add("owner" + std::to_string(count) + "-" + std::to_string(number), false));
    const auto began = Time::now();
    fleet.database().sql(
        R"(SELECT pg_notify('mosaic_changed', 'wake/user/nobody' || n) FROM generate_series(1, 5000) n)");
    for (const auto& id : ids) agents.apply(id, Change::wake);
    fleet.database().sql(
        R"(SELECT pg_notify('mosaic_changed', 'wake/user/nobody' || n) FROM generate_series(5001, 9994) n)");
    inject();
    ASSERT_TRUE(eventually_well(heal_limit, [&] { return agents.unsettled(); }));
    longest = std::max(longest, since(began));
    for (const auto& id : ids) agents.apply(id, Change::drop);
  }
  note("all six awake within " + std::to_string(longest.count()) + " ms");
  EXPECT_TRUE(converges());
}

TEST_F(RowFaults, F25_IdleDeadlineRacesANewStream) {
  fault(25, "a turn recorded in the very moment in which the agent is put to sleep", "S3 S7");
  const auto ids = add_running(1);
  for (int count = injections(3); count > 0; --count) {
    const auto begun = std::make_shared<std::atomic<bool>>(false);
    const auto container = only_container_of(ids[0]);
    const auto started = started_at(container);
    database.before([=, url = fleet.database().url(), id = ids[0]](DatabaseCall& call) {
      if (!call.is("_if_idle") || begun->exchange(true)) return Fate::pass;
      pqxx::connection connection(url);
      pqxx::work work(connection);
      work.exec_params(
          R"(UPDATE "UserContainer" SET "busyUntil" = (clock_timestamp() AT TIME ZONE 'UTC') +
                          interval '1 hour' WHERE "id" = $1)",
          id);
      work.commit();
      return Fate::pass;
    });
    agents.apply(ids[0], Change::idle);
    ASSERT_TRUE(eventually(20s, [&] { return begun->load(); }));
    inject();
    ASSERT_TRUE(compares(3));
    EXPECT_EQ(fleet.look(ids[0])->phase, "running");
    EXPECT_EQ(started_at(container), started);
    database.before({});
    // The turn is over, and sleep comes.
    fleet.set_user(ids[0], R"("busyUntil" = NULL)");
    ASSERT_TRUE(converges());
    agents.apply(ids[0], Change::wake);
    ASSERT_TRUE(converges());
  }
}

TEST_F(RowFaults, F26_OnePoisonRow) {
  fault(26, "a token that no key opens, in the row of somebody who waits", "S5 S7");
  for (int count = injections(2); count > 0; --count) {
    const std::string number = std::to_string(count);
    const auto poisoned = agents.add("poisoned" + number, false);
    const auto token =
        fleet.database()
            .sql(R"(SELECT "gatewayToken" FROM "UserContainer" WHERE "id" = $1)", poisoned)[0][0]
            .as<std::string>();
    fleet.set_user(poisoned, R"("gatewayToken" = 'enc:bm90aGluZyB0aGF0IG9wZW5z')");
    agents.apply(poisoned, Change::wake);
    inject();
    std::vector<std::string> others;
    for (int other = 0; other < 3; ++other)
      others.push_back(agents.add("other" + number + "-" + std::to_string(other), true));
    for (const auto& id : others) EXPECT_TRUE(fleet.becomes(id, "running", 20s));
    EXPECT_NE(fleet.look(poisoned)->phase, "running");
    fleet.set_user(poisoned, "\"gatewayToken\" = '" + token + "'");
    ASSERT_TRUE(converges());
    for (const auto& id : others) agents.apply(id, Change::drop);
  }
  EXPECT_TRUE(converges());
}

}  // namespace
}  // namespace mosaic::faults
