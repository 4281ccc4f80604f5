// The controller dies, or loses what it needs, in the middle of what it does.
#include <signal.h>

#include <atomic>
#include <limits>
#include <nlohmann/json.hpp>

#include "test/faults/fault_test.hpp"

namespace mosaic::faults {
namespace {

// Kills a process at one of its calls, counted over both proxies: before the call, or once it was answered.
class CallTrap {
 public:
  CallTrap(EngineProxy& engine, DatabaseProxy& database) : state_(std::make_shared<State>()) {
    const auto state = state_;
    engine.before([state](EngineCall& call) { return state->begins(call.number); });
    engine.after([state](EngineCall& call) { return state->ends(call.number); });
    // Negative, to tell them from the engine's.
    database.before([state](DatabaseCall& call) { return state->begins(-call.number); });
    database.after([state](DatabaseCall& call) { return state->ends(-call.number); });
  }

  // moment 0: only counts.
  void arm(pid_t process, int moment, bool once_answered) {
    state_->fired = false;
    state_->process = process;
    state_->once_answered = once_answered;
    state_->chosen = 0;
    state_->counted = 0;
    state_->moment = moment;
  }
  // Whether it had killed.
  bool disarm() {
    state_->moment = 0;
    state_->chosen = 0;
    return state_->fired;
  }
  int counted() const { return state_->counted; }
  bool fired() const { return state_->fired; }

 private:
  struct State {
    std::atomic<pid_t> process{0};
    std::atomic<int> moment{0};
    std::atomic<bool> once_answered{false};
    std::atomic<int> counted{0};
    std::atomic<int> chosen{0};
    std::atomic<bool> fired{false};

    Fate begins(int call) {
      if (++counted != moment || fired) return Fate::pass;
      if (!once_answered) return fire();
      chosen = call;
      return Fate::pass;
    }
    Fate ends(int call) { return chosen == call && once_answered && !fired ? fire() : Fate::pass; }
    Fate fire() {
      ::kill(process, SIGKILL);
      fired = true;
      return Fate::cut;
    }
  };
  std::shared_ptr<State> state_;
};

class CrashFaults : public FaultTest {
 protected:
  // Does `change`, and starts the controller again when the trap has killed it. True once all is well.
  testing::AssertionResult survives(CallTrap& trap, const std::string& id, Change change) {
    agents.apply(id, change);
    const auto began = Time::now();
    bool restarted = false;
    const auto healed = eventually_well(heal_limit, [&] {
      if (trap.fired() && !restarted) {
        kill_controller_and_restart();
        restarted = true;
      }
      return agents.unsettled();
    });
    longest_heal = std::max(longest_heal, since(began));
    return healed;
  }

  // Every one of `changes` in order; killed at the moment-th call of them, if there are as many.
  void live_through(CallTrap& trap, const std::string& id, const std::vector<Change>& changes,
                    int moment) {
    const pid_t victim = fleet.controller().pid();
    trap.arm(victim, moment, moment % 2 == 0);
    for (const Change change : changes)
      ASSERT_TRUE(survives(trap, id, change)) << "killed at call " << moment;
    if (!trap.disarm()) return;
    inject();
    // Killed when all was well already: nobody has noticed.
    if (fleet.controller().pid() == victim) kill_controller_and_restart();
  }

  bool is_creation(const EngineCall& call) const {
    return call.is("POST", "/containers/create?name=e2e-");
  }
};

TEST_F(CrashFaults, F01_KilledAtEveryCallInTurn) {
  fault(1, "SIGKILL at the n-th call of wake, resize, stop", "S1 S2 S5 S7");
  const auto id = agents.add("u1", false);
  ASSERT_TRUE(converges());
  const std::vector<Change> life{Change::wake, Change::resize, Change::stop};
  CallTrap trap(engine, database);
  live_through(trap, id, life, 0);
  const int calls = trap.counted();
  for (const int moment : moments(calls, 5)) live_through(trap, id, life, moment);
  note(std::to_string(calls) + " calls in one such life");
  EXPECT_TRUE(converges());
}

TEST_F(CrashFaults, F02_KilledBetweenCreateAndStatusWrite) {
  fault(2, "SIGKILL once the engine answered create", "S1 S7");
  const auto created = std::make_shared<std::atomic<int>>(0);
  for (int count = injections(3); count > 0; --count) {
    auto name = std::make_shared<std::string>();
    const pid_t process = fleet.controller().pid();
    engine.after([=, this](EngineCall& call) {
      if (!is_creation(call)) return Fate::pass;
      *name = nlohmann::json::parse(call.answer).at("Id");
      ::kill(process, SIGKILL);
      ++*created;
      return Fate::cut;
    });
    const int before = *created;
    const auto id = agents.add("owner" + std::to_string(count), true);
    ASSERT_TRUE(eventually(20s, [&] { return *created > before; }));
    inject();
    engine.after({});
    kill_controller_and_restart();
    ASSERT_TRUE(converges());
    EXPECT_EQ(only_container_of(id), *name) << "what was created is adopted";
  }
}

TEST_F(CrashFaults, F03_AnswerToCreateIsLost) {
  fault(3, "connection cut instead of the answer to create", "S1 S4 S7");
  for (int count = injections(3); count > 0; --count) {
    auto lost = std::make_shared<std::atomic<int>>(0);
    auto name = std::make_shared<std::string>();
    engine.after([=, this](EngineCall& call) {
      if (!is_creation(call) || ++*lost > 1) return Fate::pass;
      *name = nlohmann::json::parse(call.answer).at("Id");
      return Fate::cut;
    });
    const auto id = agents.add("owner" + std::to_string(count), true);
    ASSERT_TRUE(eventually(20s, [&] { return *lost > 0; }));
    inject();
    ASSERT_TRUE(converges());
    EXPECT_EQ(only_container_of(id), *name) << "what was created is adopted";
  }
}

TEST_F(CrashFaults, F13_LeaseLostInTheMiddleOfAStart) {
  fault(13, "lease row taken by another holder while start is on its way", "S1 S7 S8");
  for (int count = injections(2); count > 0; --count) {
    auto stolen = std::make_shared<std::atomic<bool>>(false);
    auto last_call_before = std::make_shared<std::atomic<int>>(std::numeric_limits<int>::max());
    auto written = std::make_shared<std::atomic<int>>(0);
    engine.before([=, this, url = fleet.database().url()](EngineCall& call) {
      if (!call.is("POST", "/start") || stolen->exchange(true)) return Fate::pass;
      pqxx::connection connection(url);
      pqxx::work work(connection);
      work.exec_params(R"(UPDATE "ControllerLease" SET "term" = "term" + 1, "holder" = 'thief',
                          "expiresAt" = (clock_timestamp() AT TIME ZONE 'UTC') + $1 * interval '1 second')",
                       lease_seconds);
      work.commit();
      *last_call_before = database.calls();
      return Fate::pass;
    });
    const auto before = term();
    database.after([=](DatabaseCall& call) {
      const bool after_the_theft = call.number > *last_call_before;
      if (after_the_theft && call.is("status") && call.changed_a_row()) ++*written;
      return Fate::pass;
    });
    agents.add("owner" + std::to_string(count), true);
    ASSERT_TRUE(eventually(20s, [&] { return term() == before + 1; }));
    inject();
    // As long as the other one has it, nothing is written under the old term.
    EXPECT_TRUE(eventually(20s, [&] {
      const int now_written = *written;
      return term() > before + 1 || now_written > 0;
    }));
    EXPECT_GT(term(), before + 1) << "a status was written under a term that was over";
    database.after({});
    ASSERT_TRUE(converges());
  }
}

TEST_F(CrashFaults, F16_CrashLoopSurvivesARestartOfTheController) {
  if (!long_ones_too()) GTEST_SKIP() << long_one;
  fault(16, "SIGKILL of the controller while an agent backs off for 10 s", "S1 S7");
  const std::string image = "mosaic-faults/crashing:" + fleet.instance().substr(0, 8);
  fleet.engine().make_image(image, e2e::instant_image(), "ENV MOSAIC_TEST_EXIT_CODE=3");
  agents.forgive_ends();
  const auto id = agents.add("u1", false);
  fleet.set_user(id, "\"image\" = '" + image + "'");
  agents.apply(id, Change::wake);
  auto before = *fleet.look(id);
  ASSERT_TRUE(eventually_well(30s, [&]() -> std::string {
    before = *fleet.look(id);  // one look for both: a back-off may end between two
    return before.reason == "CrashLoopBackOff" && !before.next_retry_at.empty()
               ? ""
               : "it is '" + before.reason + "'";
  }));
  for (int kill = 0; kill < 3; ++kill) {
    kill_controller_and_restart();
    ASSERT_TRUE(fleet.leads());
    inject();
  }
  ASSERT_TRUE(eventually_well(30s, [&]() -> std::string {
    return fleet.look(id)->restart_count > before.restart_count ? "" : "not tried again";
  }));
  const auto early =
      fleet.database()
          .sql(R"(SELECT extract(epoch FROM $1::timestamp - "lastExitAt") FROM "UserContainer")",
               before.next_retry_at)[0][0]
          .as<double>();
  EXPECT_LE(early, 0) << "it was tried before the time on record";
  fleet.set_user(id, R"("image" = NULL)");
  EXPECT_TRUE(converges());
  fleet.engine().docker({"rmi", "--force", image});
}

TEST_F(CrashFaults, F21_KilledAtEachStepOfAPurge) {
  if (!long_ones_too()) GTEST_SKIP() << long_one;
  fault(21, "SIGKILL at the n-th call of a purge", "S1 S2 S7");
  CallTrap trap(engine, database);
  const auto purge_one = [&](int moment) {
    const auto id = agents.add("u1", true);
    watch.volumes_must_stay("u1");
    ASSERT_TRUE(fleet.becomes(id, "running"));
    watch.volumes_may_go("u1");
    live_through(trap, id, {Change::purge}, moment);
    // The engine may still be about to end what the killed controller had asked it for.
    EXPECT_TRUE(eventually_well(10s,
                                [&] {
                                  std::string left;
                                  for (const auto& name : fleet.engine().volumes(fleet.instance()))
                                    left += " " + name;
                                  for (const auto& network :
                                       fleet.engine().networks(fleet.instance()))
                                    left += " " + network.name;
                                  return left;
                                }))
        << "killed at call " << moment;
  };
  purge_one(0);
  const int calls = trap.counted();
  for (const int moment : moments(calls, 5)) purge_one(moment);
  note(std::to_string(calls) + " calls in one purge");
  EXPECT_TRUE(converges());
}

TEST_F(CrashFaults, F29_AskedToEndUnderLoad) {
  fault(29, "SIGTERM while eight agents are being started", "S1 S7 S8");
  milliseconds longest{0};
  for (int count = injections(2); count > 0; --count) {
    std::vector<std::string> ids;
    for (int number = 0; number < 8; ++number)
      ids.push_back(
          agents.add("owner" + std::to_string(count) + "-" + std::to_string(number), true));
    ASSERT_TRUE(eventually(20s, [&] { return !fleet.containers_of(ids.front()).empty(); }));
    const auto asked = Time::now();
    fleet.controller().signal(SIGTERM);
    inject();
    EXPECT_EQ(fleet.controller().wait(30s), 0);
    longest = std::max(longest, since(asked));
    EXPECT_EQ(fleet.lease_holder(), "");
    fleet.start_controller();
    ASSERT_TRUE(converges());
    for (const auto& id : ids) agents.apply(id, Change::remove);
  }
  note("longest shutdown " + std::to_string(longest.count()) + " ms");
  EXPECT_TRUE(converges());
}

}  // namespace
}  // namespace mosaic::faults
