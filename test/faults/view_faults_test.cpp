// What the controller sees and hears is old, incomplete, late, doubled, in disorder or not there at all.
#include <map>

#include "test/faults/fault_test.hpp"

namespace mosaic::faults {
namespace {

class ViewFaults : public FaultTest {};

// From now on every listing is answered as it was when it was first asked for.
struct OldListings {
  std::mutex mutex;
  std::map<std::string, std::string> first;
  std::atomic<int> shown{0};

  void answer(EngineCall& call) {
    const std::lock_guard lock(mutex);
    const auto [old, fresh] = first.try_emplace(call.target, call.answer);
    if (!fresh) ++shown;
    call.answer = old->second;
  }
};

TEST_F(ViewFaults, F04_ListOfTheEngineLags) {
  fault(4, "every listing as it was before the changes, until six of them were read", "S1 S2 S4");
  const auto running = add_running(3);
  for (int count = injections(2); count > 0; --count) {
    const auto listings = std::make_shared<OldListings>();
    engine.after([listings](EngineCall& call) {
      if (call.is("GET", "/containers/json?") || call.is("GET", "/networks?"))
        listings->answer(call);
      return Fate::pass;
    });
    force_resync();
    // Behind the listings' back: one comes, one goes, one sleeps.
    const std::string owner = "new" + std::to_string(count);
    const auto come = agents.add(owner, true);
    ASSERT_TRUE(fleet.becomes(come, "running"));
    const auto container = only_container_of(come);
    agents.apply(running[0], Change::stop);
    agents.apply(running[1], Change::resize);
    inject();
    ASSERT_TRUE(eventually(20s, [&] {
      force_resync();
      return listings->shown >= 6;
    }));
    EXPECT_EQ(only_container_of(come), container) << "what a listing does not show is not gone";
    EXPECT_EQ(fleet.look(come)->phase, "running");
    engine.after({});
    agents.apply(running[0], Change::wake);
    ASSERT_TRUE(converges());
  }
}

TEST_F(ViewFaults, F05_RowMissingFromASnapshot) {
  fault(5, "the row left out of every answer of the database during three comparisons", "S2 S4 S7");
  const auto ids = add_running(2);
  const auto container = only_container_of(ids[0]);
  const auto started = started_at(container);
  for (int count = injections(3); count > 0; --count) {
    database.leave_out_rows_with(ids[0]);
    inject();
    EXPECT_TRUE(compares(3));
    EXPECT_EQ(only_container_of(ids[0]), container);
    database.leave_out_rows_with("");
    ASSERT_TRUE(converges());
    EXPECT_EQ(only_container_of(ids[0]), container) << "it was never touched";
    EXPECT_EQ(started_at(container), started);
  }
}

TEST_F(ViewFaults, F07_EveryNotifyDropped) {
  fault(7, "all notifications to the controller left out", "S1 S7");
  const auto ids = add_running(2);
  database.drop_notifications(true);
  milliseconds longest{0};
  for (int count = injections(3); count > 0; --count) {
    for (const Change change : {Change::stop, Change::wake, Change::resize}) {
      const auto began = Time::now();
      agents.apply(ids[0], change);
      ASSERT_TRUE(eventually_well(30s, [&] { return agents.unsettled(); }));
      longest = std::max(longest, since(began));
    }
    inject();
  }
  EXPECT_GT(database.notifications_dropped(), 0);
  EXPECT_LT(longest, 15s) << "the poll makes up for notifications";
  note("longest change without notifications " + std::to_string(longest.count()) + " ms");
  database.drop_notifications(false);
  EXPECT_TRUE(converges());
}

TEST_F(ViewFaults, F08_ListenConnectionKilledDuringACommit) {
  fault(8, "the listening connection cut between a transaction's change and its commit", "S1 S7");
  const auto ids = add_running(2);
  pqxx::connection writer(fleet.database().url());
  for (int count = injections(4); count > 0; --count) {
    const bool sleeps = count % 2 == 0;
    pqxx::work work(writer);
    work.exec_params(R"(UPDATE "UserContainer" SET "desiredState" = $1 WHERE "id" = $2)",
                     sleeps ? "stopped" : "running", ids[0]);
    database.cut_listeners();
    work.commit();
    inject();
    // The model hears of the same change.
    agents.apply(ids[0], sleeps ? Change::stop : Change::run);
    const auto began = Time::now();
    ASSERT_TRUE(eventually_well(20s, [&] { return agents.unsettled(); }));
    longest_heal = std::max(longest_heal, since(began));
  }
  EXPECT_TRUE(converges());
}

TEST_F(ViewFaults, F09_EventsOverflow) {
  if (!long_ones_too()) GTEST_SKIP() << long_one;
  fault(9, "all events lost, a line beyond every limit instead, while a human stops the container",
        "S1 S4");
  agents.forgive_ends();
  const auto ids = add_running(2);
  for (int count = injections(3); count > 0; --count) {
    const auto lost = std::make_shared<std::atomic<int>>(0);
    engine.filter_events([lost](const std::string&) {
      ++*lost;
      return std::vector<std::string>{};
    });
    fleet.engine().docker({"rm", "--force", only_container_of(ids[0])});
    ASSERT_TRUE(eventually(10s, [&] { return *lost > 0; }));
    inject();
    // The first event after the flood comes as one line that nobody can hold.
    engine.filter_events([](const std::string& line) {
      return std::vector<std::string>{line + std::string(300 * 1024, ' '), line};
    });
    fleet.engine().docker({"kill", "--signal", "KILL", only_container_of(ids[1])});
    ASSERT_TRUE(eventually_well(heal_limit, [&]() -> std::string {
      return fleet.containers_of(ids[0]).empty() ? "the removed one is not back" : "";
    }));
    engine.filter_events({});
    ASSERT_TRUE(converges());
  }
}

TEST_F(ViewFaults, F10_EventsDoubledAndReordered) {
  if (!long_ones_too()) GTEST_SKIP() << long_one;
  fault(10, "events held back by threes, told twice, backwards", "S1 S4");
  agents.forgive_ends();
  const auto ids = add_running(3);
  const auto held = std::make_shared<std::vector<std::string>>();
  engine.filter_events([held](const std::string& line) {
    held->push_back(line);
    std::vector<std::string> told;
    if (held->size() < 3) return told;
    for (auto one = held->rbegin(); one != held->rend(); ++one) told.insert(told.end(), 2, *one);
    held->clear();
    return told;
  });
  for (int count = injections(3); count > 0; --count) {
    agents.apply(ids[0], Change::stop);
    agents.apply(ids[1], Change::resize);
    fleet.engine().docker({"kill", "--signal", "KILL", only_container_of(ids[2])});
    inject();
    ASSERT_TRUE(eventually_well(heal_limit, [&] { return agents.unsettled(); }));
    agents.apply(ids[0], Change::wake);
    ASSERT_TRUE(eventually_well(heal_limit, [&] { return agents.unsettled(); }));
  }
  engine.filter_events({});
  EXPECT_TRUE(converges());
}

}  // namespace
}  // namespace mosaic::faults
