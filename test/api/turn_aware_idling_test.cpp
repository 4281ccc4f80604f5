// What the gateway writes down and what the controller makes of it: the ledger and the whole control loop over one
// store, on a manual clock. S3: nothing that is in use is put to sleep.
#include <gtest/gtest.h>

#include <memory>

#include "api/gateway/activity_ledger.hpp"
#include "test/reconcilers/loop_in_memory.hpp"

namespace mosaic {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

// One API process, as far as agents notice it.
struct ApiProcess {
  ApiProcess(const Clock& clock, FakeStore& store, const std::string& name)
      : ledger(clock, store, name) {}
  ActivityLedger ledger;
};

class TurnAwareIdling : public testing::Test, protected test::LoopInMemory {
 protected:
  TurnAwareIdling() {
    boot();
    AgentRow agent = put_user("alice");
    agent.idle_timeout = minutes(5);
    store.put_agent(agent);
    first = std::make_unique<ApiProcess>(clock, store, "first");
    second = std::make_unique<ApiProcess>(clock, store, "second");
    settle();
  }

  // Both processes that live go on, and so does the controller.
  void pass(Duration time) {
    for (Duration passed(0); passed < time; passed += seconds(1)) {
      clock.advance(seconds(1));
      loop->elector().tick();
      if (first) first->ledger.tick();
      if (second) second->ledger.tick();
      settle();
      if (!must_run) continue;
      ASSERT_EQ(phase(), Phase::running) << "after " << to_human(passed);
    }
  }

  AgentRow row() { return *store.find_agent(alice); }
  Phase phase() { return row().status.phase; }

  const ResourceKey alice{ResourceKind::user_container, "alice"};
  std::unique_ptr<ApiProcess> first;
  std::unique_ptr<ApiProcess> second;
  bool must_run = false;
};

TEST_F(TurnAwareIdling, AnOpenStreamKeepsItsAgentFarPastTheIdleDeadline) {
  ASSERT_EQ(phase(), Phase::running);
  const auto stream = first->ledger.hold(alice);
  must_run = true;
  pass(minutes(40));
}

TEST_F(TurnAwareIdling, TheIdleTimeCountsFromTheLastRelease) {
  auto stream = first->ledger.hold(alice);
  must_run = true;
  pass(minutes(7));
  stream.release();
  const TimePoint released = clock.now();
  pass(minutes(5) - seconds(1));
  must_run = false;
  pass(seconds(10));
  EXPECT_NE(phase(), Phase::running);
  const auto last = *row().last_active_at;
  EXPECT_GE(last, released);
  EXPECT_LE(last, released + seconds(4));
}

TEST_F(TurnAwareIdling, WithoutAnyTurnTheAgentFallsAsleepInTime) {
  // Status pages, tabs and probes read rows and know no ledger: there is nothing here that they could call.
  for (int look = 0; look < 300; ++look) {
    static_cast<void>(store.find_agent(alice));
    pass(seconds(1));
  }
  pass(seconds(2));
  EXPECT_NE(phase(), Phase::running);
}

TEST_F(TurnAwareIdling, AKilledProcessTakesNoStreamOfAnotherWithIt) {
  ApiProcess lost(clock, store, "lost");
  const auto lost_stream = lost.ledger.hold(alice);
  lost.ledger.tick();  // and never again: it is dead, and neither renews nor releases
  const auto stream = second->ledger.hold(alice);
  must_run = true;
  pass(minutes(20));
  EXPECT_GT(*row().busy_until, clock.now());
}

TEST_F(TurnAwareIdling, WhatAKilledProcessHeldRunsOutByItself) {
  ApiProcess lost(clock, store, "lost");
  const auto lost_stream = lost.ledger.hold(alice);
  lost.ledger.tick();
  pass(seconds(31));
  EXPECT_LE(*row().busy_until, clock.now());
  pass(minutes(5));
  EXPECT_NE(phase(), Phase::running);
}

TEST_F(TurnAwareIdling, TheLastOfTwoProcessesCounts) {
  auto in_first = first->ledger.hold(alice);
  auto in_second = second->ledger.hold(alice);
  must_run = true;
  pass(minutes(6));
  in_first.release();
  pass(minutes(6));
  in_second.release();
  pass(minutes(5) - seconds(1));
}

TEST_F(TurnAwareIdling, ARestartWaitsForTheStreamAndForNobodyWhoOnlyWaits) {
  auto stream = first->ledger.hold(alice);
  const auto waiting = first->ledger.hold(alice, AgentUse::waiting);
  pass(seconds(2));
  store.request_restart(alice, clock.now());
  pass(minutes(3));
  EXPECT_EQ(phase(), Phase::draining);
  const auto before = row().status.started_at;
  stream.release();
  pass(seconds(5));
  EXPECT_NE(phase(), Phase::draining) << "the end of the turn is heard, not the end of its lease";
  pass(seconds(35));
  EXPECT_EQ(phase(), Phase::running);
  EXPECT_GT(row().status.started_at, before);
}

TEST_F(TurnAwareIdling, AStreamThatOpensAtTheIdleDeadlineFindsItsAgentOrWakesIt) {
  // Every order of the two, a second apart and in the same second.
  for (int early = -2; early <= 2; ++early) {
    store.touch(alice, clock.now());
    pass(seconds(1));
    ASSERT_EQ(phase(), Phase::running);
    const auto deadline = *row().last_active_at + row().idle_timeout;
    while (clock.now() + seconds(early) < deadline) pass(seconds(1));
    const auto stream = second->ledger.hold(alice);
    second->ledger.record(alice);
    const bool found = phase() == Phase::running;
    pass(seconds(30));
    EXPECT_EQ(phase(), Phase::running) << (found ? "it was awake" : "it was asleep");
    const auto started = row().status.started_at;
    pass(minutes(10));
    EXPECT_EQ(row().status.started_at, started) << "stopped under the stream";
  }
}

}  // namespace
}  // namespace mosaic
