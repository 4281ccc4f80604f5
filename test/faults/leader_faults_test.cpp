// More than one controller, and what the one that no longer leads must not do (S8).
#include <signal.h>

#include "test/faults/fault_test.hpp"

namespace mosaic::faults {
namespace {

class LeaderFaults : public FaultTest {
 protected:
  // A second controller with ways of its own to engine and database, so that what the first one still does can be told.
  ChildProcess successor(const std::string& name) {
    return fleet.another_controller(
        name, ControllerPlace{second_database.url(), second_engine.url(), false});
  }

  testing::AssertionResult leads_after(std::int64_t former_term) {
    return eventually_well(milliseconds(1000 * (lease_seconds + 6)), [&]() -> std::string {
      return term() > former_term && !fleet.lease_holder().empty() ? "" : "nobody took over";
    });
  }

  // Of the first controller's statements from now on: how many statuses they change.
  std::shared_ptr<std::atomic<int>> count_status_writes() {
    auto written = std::make_shared<std::atomic<int>>(0);
    database.after([written, from = database.calls()](DatabaseCall& call) {
      if (call.number > from && call.is("status") && call.changed_a_row()) ++*written;
      return Fate::pass;
    });
    return written;
  }

  EngineProxy second_engine{fleet.engine().address()};
  DatabaseProxy second_database{fleet.database().url()};
};

TEST_F(LeaderFaults, F11_LeaderSuspendedInTheMiddleOfAPurge) {
  fault(11,
        "SIGSTOP between two calls of a purge for longer than the lease (4 s instead of 15 s), "
        "then SIGCONT",
        "S1 S2 S8");
  for (int count = injections(2); count > 0; --count) {
    const std::string owner = "owner" + std::to_string(count);
    const auto former = agents.add(owner, true);
    ASSERT_TRUE(fleet.becomes(former, "running"));
    // It has asked whether the volume is ours, and is about to remove it.
    auto stopped = std::make_shared<std::atomic<bool>>(false);
    const pid_t process = fleet.controller().pid();
    engine.after([=](EngineCall& call) {
      if (!call.is("GET", "/volumes/") || !call.is("GET", "-state") || stopped->exchange(true))
        return Fate::pass;
      ::kill(process, SIGSTOP);
      return Fate::pass;
    });
    const auto former_term = term();
    watch.volumes_may_go(owner);
    agents.apply(former, Change::purge);
    ASSERT_TRUE(eventually(20s, [&] { return stopped->load(); }));
    inject();
    const auto paused = Time::now();
    auto second = successor("successor" + std::to_string(count));
    ASSERT_TRUE(leads_after(former_term));
    const auto successors_term = term();
    // The successor finishes the purge, and the same user comes back with new volumes.
    ASSERT_TRUE(fleet.is_gone(former));
    const auto returned = agents.add(owner, true);
    ASSERT_TRUE(fleet.becomes(returned, "running"));
    watch.volumes_must_stay(owner);
    const auto changes = engine.changes().size();
    const auto written = count_status_writes();
    const int questions = database.calls();
    fleet.controller().signal(SIGCONT);
    note("paused for " + std::to_string(since(paused).count()) + " ms");
    // It has asked the database whether it still leads, more than once.
    ASSERT_TRUE(eventually(20s, [&] { return database.calls() > questions + 4; }));
    EXPECT_EQ(engine.changes().size(), changes) << "a change after the lease was lost";
    EXPECT_EQ(*written, 0) << "a status was written under a term that was over";
    EXPECT_TRUE(fleet.becomes(returned, "running"));
    EXPECT_EQ(agents.unsettled(), "");
    second.signal(SIGTERM);
    ASSERT_EQ(second.wait(30s), 0);
    ASSERT_TRUE(leads_after(successors_term)) << "the first one takes over again";
    ASSERT_TRUE(converges());
  }
}

TEST_F(LeaderFaults, F12_TwoThatBelieveToLead) {
  fault(12, "the leader's way to the database frozen until another one leads and acts, then opened",
        "S1 S8");
  for (int count = injections(2); count > 0; --count) {
    const std::string number = std::to_string(count);
    const auto busy = agents.add("busy" + number, true);
    ASSERT_TRUE(fleet.becomes(busy, "running"));
    const auto former_term = term();
    auto second = successor("second" + number);
    // The first one is in the middle of something when it is cut off.
    const auto begun = agents.add("begun" + number, true);
    ASSERT_TRUE(eventually(20s, [&] { return !fleet.containers_of(begun).empty(); }));
    database.freeze(true);
    inject();
    ASSERT_TRUE(leads_after(former_term));
    const auto successors_term = term();
    const auto changes = engine.changes().size();
    agents.apply(busy, Change::resize);
    agents.add("late" + number, true);
    ASSERT_TRUE(eventually_well(heal_limit, [&] { return agents.unsettled(); }));
    const auto written = count_status_writes();
    const int questions = database.calls();
    database.freeze(false);
    ASSERT_TRUE(eventually(20s, [&] { return database.calls() > questions + 4; }));
    EXPECT_EQ(engine.changes().size(), changes) << "a change after the lease was lost";
    EXPECT_EQ(*written, 0) << "a status was written under a term that was over";
    EXPECT_EQ(agents.unsettled(), "");
    second.signal(SIGTERM);
    ASSERT_EQ(second.wait(30s), 0);
    ASSERT_TRUE(leads_after(successors_term)) << "the first one takes over again";
    ASSERT_TRUE(converges());
  }
}

}  // namespace
}  // namespace mosaic::faults
