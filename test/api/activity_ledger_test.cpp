#include "api/gateway/activity_ledger.hpp"

#include <gtest/gtest.h>

#include <map>
#include <vector>

#include "test/fakes/fake_clock.hpp"
#include "test/fakes/fake_store.hpp"

namespace mosaic {
namespace {

using std::chrono::seconds;

class ActivityLedgerTest : public testing::Test {
 protected:
  ActivityLedgerTest() {
    put(alice);
    put(bob);
    store.set_fault_hook([this](std::string_view operation, StoreMoment moment) {
      if (operation == "record_activity" && moment == StoreMoment::before) {
        if (away) throw StoreError("the database did not answer");
        ++writes;
      }
    });
  }
  void put(const ResourceKey& key) {
    AgentRow row;
    row.key = key;
    row.owner = key.name;
    store.put_agent(row);
  }
  AgentRow row(const ResourceKey& key) { return *store.find_agent(key); }
  void pass(seconds time) {
    for (seconds passed{0}; passed < time; passed += seconds(1)) {
      clock.advance(seconds(1));
      ledger.tick();
    }
  }

  const ResourceKey alice{ResourceKind::user_container, "alice"};
  const ResourceKey bob{ResourceKind::user_container, "bob"};
  FakeClock clock;
  FakeStore store{clock};
  int writes = 0;
  bool away = false;
  std::vector<std::string> reports;
  ActivityLedger ledger{
      clock, store, "api", {}, [this](const std::string& line) { reports.push_back(line); }};
};

TEST_F(ActivityLedgerTest, PutsATurnOnRecordForOneLease) {
  const auto hold = ledger.hold(alice);
  ledger.tick();
  EXPECT_EQ(row(alice).busy_until, clock.now() + seconds(30));
  EXPECT_EQ(row(alice).last_active_at, clock.now());
  EXPECT_FALSE(row(bob).busy_until);
}

TEST_F(ActivityLedgerTest, RenewsWhileTheTurnRuns) {
  const auto hold = ledger.hold(alice);
  ledger.tick();
  for (int minute = 0; minute < 5; ++minute) {
    pass(seconds(60));
    EXPECT_GE(*row(alice).busy_until, clock.now() + seconds(19));
  }
  EXPECT_EQ(writes, 1 + 5 * 6);
}

TEST_F(ActivityLedgerTest, WritesManyTurnsOfOneAgentAsOneRowAndAllAgentsAsOneStatement) {
  std::vector<ActivityLedger::Hold> holds;
  for (int turn = 0; turn < 500; ++turn) holds.push_back(ledger.hold(turn % 2 == 0 ? alice : bob));
  ledger.tick();
  EXPECT_EQ(writes, 1);
  EXPECT_EQ(ledger.held_agents(), 2U);
  holds.clear();
  pass(seconds(3));
  EXPECT_EQ(writes, 2);
  EXPECT_EQ(ledger.held_agents(), 0U);
}

TEST_F(ActivityLedgerTest, WritesTheLastReleaseAndNothingAfterIt) {
  auto hold = ledger.hold(alice);
  ledger.tick();
  pass(seconds(7));
  hold.release();
  const TimePoint released = clock.now();
  pass(seconds(4));
  EXPECT_GE(*row(alice).last_active_at, released);
  EXPECT_LE(*row(alice).last_active_at, released + seconds(1));
  const int after_release = writes;
  pass(seconds(600));
  EXPECT_EQ(writes, after_release);
}

TEST_F(ActivityLedgerTest, ShutdownWritesWhatIsHeldAndWhatWasReleased) {
  const auto hold = ledger.hold(alice);
  { const auto short_hold = ledger.hold(bob); }
  ledger.flush();
  EXPECT_EQ(row(alice).busy_until, clock.now() + seconds(30));
  EXPECT_EQ(row(bob).last_active_at, clock.now());
  EXPECT_EQ(row(bob).busy_until, clock.now());
}

TEST_F(ActivityLedgerTest, IsInForceOnlyOnceItIsOnRecordAndUntilHalfTheLeaseIsLeft) {
  EXPECT_FALSE(ledger.hold_in_force(alice));
  auto hold = ledger.hold(alice);
  EXPECT_FALSE(ledger.hold_in_force(alice));
  ledger.record(alice);
  EXPECT_TRUE(ledger.hold_in_force(alice));
  hold.release();
  clock.advance(seconds(15));
  EXPECT_TRUE(ledger.hold_in_force(alice));
  clock.advance(seconds(1));
  EXPECT_FALSE(ledger.hold_in_force(alice));
}

TEST_F(ActivityLedgerTest, AHoldTakenInForceIsRenewedBeforeItsRecordRunsOut) {
  {
    const auto first = ledger.hold(alice);
    ledger.record(alice);
  }
  clock.advance(seconds(15));
  const auto second = ledger.hold_in_force(alice);
  ASSERT_TRUE(second);
  ledger.tick();
  EXPECT_EQ(row(alice).busy_until, clock.now() + seconds(30));
}

TEST_F(ActivityLedgerTest, IsNotInForceOnAWriteThatFailed) {
  const auto hold = ledger.hold(alice);
  away = true;
  EXPECT_THROW(ledger.record(alice), StoreError);
  EXPECT_FALSE(ledger.hold_in_force(alice));
}

TEST_F(ActivityLedgerTest, WhoeverWaitsKeepsTheAgentFreshButNotBusy) {
  const auto hold = ledger.hold(alice, AgentUse::waiting);
  ledger.record(alice);
  pass(seconds(40));
  EXPECT_GE(*row(alice).last_active_at, clock.now() - seconds(10));
  EXPECT_LE(*row(alice).busy_until, clock.now());
  EXPECT_FALSE(ledger.hold_in_force(alice));
}

TEST_F(ActivityLedgerTest, TwoProcessesAddUp) {
  ActivityLedger other(clock, store, "another api");
  const auto mine = ledger.hold(alice);
  ledger.tick();
  clock.advance(seconds(9));
  auto theirs = other.hold(alice);
  other.tick();
  const auto until = row(alice).busy_until;
  theirs.release();
  clock.advance(seconds(1));
  other.flush();
  EXPECT_EQ(row(alice).busy_until, *until - seconds(9)) << "what is left is what we hold";
  ledger.tick();
  EXPECT_EQ(row(alice).busy_until, clock.now() + seconds(30));
}

TEST_F(ActivityLedgerTest, TakesItsHoldBackOnceTheLastTurnIsOver) {
  auto first = ledger.hold(alice);
  auto second = ledger.hold(alice);
  ledger.tick();
  first.release();
  pass(seconds(2));
  EXPECT_GT(*row(alice).busy_until, clock.now());
  second.release();
  pass(seconds(1));
  EXPECT_LE(*row(alice).busy_until, clock.now());
  EXPECT_FALSE(ledger.hold_in_force(alice));
}

TEST_F(ActivityLedgerTest, TurnsThatFollowOneAnotherKeepTheHold) {
  {
    const auto turn = ledger.hold(alice);
    ledger.record(alice);
  }
  for (int turns = 0; turns < 50; ++turns) {
    clock.advance(std::chrono::milliseconds(900));
    ledger.tick();
    const auto next = ledger.hold_in_force(alice);
    ASSERT_TRUE(next);
  }
  EXPECT_LE(writes, 6) << "renewed every ten seconds";
}

// From the decision on nothing is in force, so that whoever begins a turn meanwhile puts it on record.
TEST_F(ActivityLedgerTest, NothingIsInForceWhileTheHoldIsTakenBackNorIsALaterRecordTaken) {
  {
    const auto turn = ledger.hold(alice);
    ledger.record(alice);
  }
  clock.advance(seconds(1));
  bool in_force = true;
  std::optional<ActivityLedger::Hold> next;
  store.set_fault_hook([&](std::string_view operation, StoreMoment moment) {
    if (operation != "record_activity" || moment != StoreMoment::before || next) return;
    in_force = static_cast<bool>(ledger.hold_in_force(alice));
    next = ledger.hold(alice);
    ledger.record(alice);  // overtakes
  });
  ledger.tick();
  EXPECT_FALSE(in_force);
  EXPECT_GT(*row(alice).busy_until, clock.now() + seconds(29));
  EXPECT_TRUE(ledger.hold_in_force(alice));
}

TEST_F(ActivityLedgerTest, TakesBackAgainWhatCouldNotBeWritten) {
  {
    const auto turn = ledger.hold(alice);
    ledger.record(alice);
  }
  away = true;
  pass(seconds(3));
  EXPECT_FALSE(ledger.hold_in_force(alice));
  away = false;
  pass(seconds(1));
  EXPECT_LE(*row(alice).busy_until, clock.now());
}

TEST_F(ActivityLedgerTest, WakesNobodyByRenewing) {
  struct Ear final : ChangeListener {
    void on_row_changed(const ResourceKey&, ChangeUrgency) override { ++heard; }
    void on_settings_changed() override {}
    void on_relist_needed() override {}
    int heard = 0;
  } ear;
  store.edit_agent(alice, [&](AgentRow& row) { row.last_active_at = clock.now(); });
  ASSERT_TRUE(store.acquire_lease("controller", seconds(60), ""));
  AgentStatus status;
  status.phase = Phase::running;
  ASSERT_TRUE(store.write_status(alice, status, store.lease().term));
  store.set_listener(&ear);
  const auto hold = ledger.hold(alice);
  pass(seconds(300));
  EXPECT_GE(writes, 29);
  EXPECT_EQ(ear.heard, 0);
}

TEST_F(ActivityLedgerTest, SaysOnceThatItCannotWriteAndOnceThatItCanAgain) {
  const auto hold = ledger.hold(alice);
  away = true;
  pass(seconds(5));
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_NE(reports[0].find("did not answer"), std::string::npos);
  away = false;
  pass(seconds(5));
  EXPECT_EQ(reports.size(), 2U);
  EXPECT_TRUE(row(alice).busy_until);
}

TEST_F(ActivityLedgerTest, HoldsNoMoreAgentsThanItMay) {
  ActivitySettings settings;
  settings.held_agents = 1;
  ActivityLedger small(clock, store, "small", settings);
  auto first = small.hold(alice);
  EXPECT_TRUE(first);
  EXPECT_TRUE(small.hold(alice));
  EXPECT_FALSE(small.hold(bob));
  first.release();
  small.flush();
  clock.advance(seconds(31));
  small.tick();
  EXPECT_TRUE(small.hold(bob));
}

}  // namespace
}  // namespace mosaic
