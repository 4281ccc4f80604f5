#include "api/gateway/agent_desk.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <map>
#include <thread>
#include <vector>

#include "api/gateway/wake_outlook.hpp"
#include "api/problem.hpp"
#include "api/worker_pool.hpp"
#include "test/api/gateway_doubles.hpp"
#include "test/fakes/fake_clock.hpp"
#include "test/fakes/fake_settings_store.hpp"

namespace mosaic {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

const std::string token = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

Account account_of(const std::string& id) {
  Account account;
  account.id = id;
  return account;
}

// What one who waits was told.
struct Heard {
  std::vector<WakeProgress> progress;
  std::optional<AgentSeat> seat;
  std::optional<DeskRefusal> refusal;
  int ends = 0;
};

WaitCallbacks into(Heard& heard) {
  WaitCallbacks callbacks;
  callbacks.on_progress = [&](const WakeProgress& progress) { heard.progress.push_back(progress); };
  callbacks.on_seat = [&](AgentSeat seat) {
    heard.seat = std::move(seat);
    ++heard.ends;
  };
  callbacks.on_refused = [&](const DeskRefusal& refusal) {
    heard.refusal = refusal;
    ++heard.ends;
  };
  return callbacks;
}

class AgentDeskTest : public testing::Test {
 protected:
  AgentDeskTest() {
    term = *store.acquire_lease("controller", minutes(600), "");
    give_provider(store, "alice");
    store.set_fault_hook([this](std::string_view operation, StoreMoment moment) {
      if (moment != StoreMoment::before) return;
      ++operations[std::string(operation)];
      if (before_operation) before_operation(operation);
    });
  }

  // Her agent, in that phase, as the controller would have it.
  void agent(Phase phase) {
    AgentRow row;
    row.key = key;
    row.owner = "alice";
    row.container_name = "mosaic-user-alice";
    row.gateway_token = box.encrypt(token);
    store.put_agent(row);
    status(phase);
  }
  void status(Phase phase, const std::string& reason = "", const std::string& message = "",
              const std::function<void(AgentStatus&)>& edit = {}) {
    AgentStatus status = store.find_agent(key)->status;
    status.phase = phase;
    status.endpoint = phase == Phase::running ? "10.213.0.2:18789" : "";
    if (status.container_id.empty()) status.container_id = "container-1";
    if (phase == Phase::running && !status.started_at) status.started_at = clock.now();
    if (!reason.empty()) {
      set_condition(status, "Ready", ConditionStatus::no, reason, message, clock.now());
    }
    if (edit) edit(status);
    ASSERT_TRUE(store.write_status(key, status, term));
    desk.on_status_moved(key);
  }

  AgentDesk::Ticket wait(Heard& heard, const std::string& who = "alice") {
    auto outcome = desk.wait(account_of(who), into(heard));
    auto* ticket = std::get_if<AgentDesk::Ticket>(&outcome);
    EXPECT_NE(ticket, nullptr);
    return ticket == nullptr ? AgentDesk::Ticket() : std::move(*ticket);
  }
  // Waits and lets the executor work.
  Heard told() {
    Heard heard;
    const auto ticket = wait(heard);
    executor.run_all();
    return heard;
  }
  void pass(Duration time) {
    constexpr Duration step(500);
    for (Duration passed(0); passed < time; passed += step) {
      clock.advance(step);
      ledger.tick();
      desk.tick();
      executor.run_all();
    }
  }

  const ResourceKey key{ResourceKind::user_container, "agent-alice"};
  FakeClock clock;
  FakeStore store{clock};
  FakeAccountStore accounts{clock};
  FakeSettingsStore people{store, accounts};
  SecretBox box{"this-is-a-test-secret-key-with-32+chars"};
  Term term = 0;
  std::map<std::string, int> operations;
  std::function<void(std::string_view)> before_operation;
  ManualExecutor executor;
  ActivityLedger ledger{clock, store, "api"};
  AgentDesk desk{DeskDependencies{clock, people, box, ledger, executor.executor()}};
};

TEST_F(AgentDeskTest, ASleepingAgentIsWokenOnceForAllWhoWait) {
  agent(Phase::stopped);
  std::vector<Heard> heard(500);
  std::vector<AgentDesk::Ticket> tickets;
  tickets.reserve(heard.size());
  for (auto& one : heard) tickets.push_back(wait(one));
  EXPECT_EQ(desk.waiters(), 500U);
  executor.run_all();
  EXPECT_EQ(operations["record_activity"], 1);
  EXPECT_EQ(store.find_agent(key)->last_active_at, clock.now());
  clock.advance(seconds(1));
  status(Phase::starting, "Starting", "the gateway is booting");
  executor.run_all();
  status(Phase::running);
  executor.run_all();
  EXPECT_EQ(operations["record_activity"], 2);
  for (auto& one : heard) {
    ASSERT_EQ(one.ends, 1);
    ASSERT_TRUE(one.seat);
    EXPECT_EQ(one.seat->address->endpoint, "10.213.0.2:18789");
    EXPECT_EQ(one.seat->address->token, token);
    EXPECT_TRUE(one.seat->hold);
  }
  EXPECT_EQ(desk.waiters(), 0U);
}

TEST_F(AgentDeskTest, MakesTheAgentOfAPersonWhoHasNone) {
  Heard heard;
  const auto ticket = wait(heard);
  executor.run_all();
  const auto row = people.find_user_agent("alice");
  ASSERT_TRUE(row);
  EXPECT_EQ(row->container_name, "mosaic-user-alice");
  EXPECT_EQ(box.decrypt(row->gateway_token).size(), 64U);
  EXPECT_EQ(row->last_active_at, clock.now());
  EXPECT_EQ(heard.ends, 0);
}

TEST_F(AgentDeskTest, AnswersFromMemoryWhileTheAgentHasNotMoved) {
  agent(Phase::running);
  EXPECT_FALSE(desk.seat_at_once(account_of("alice")));
  ASSERT_TRUE(told().seat);
  operations.clear();
  EXPECT_TRUE(desk.seat_at_once(account_of("alice")));
  EXPECT_TRUE(operations.empty());
  status(Phase::draining);
  EXPECT_FALSE(desk.seat_at_once(account_of("alice")));
}

TEST_F(AgentDeskTest, ForgetsEveryAddressWhenNotificationsWereMissed) {
  agent(Phase::running);
  ASSERT_TRUE(told().seat);
  desk.on_statuses_missed();
  EXPECT_FALSE(desk.seat_at_once(account_of("alice")));
}

TEST_F(AgentDeskTest, GivesNoSeatFromMemoryToWhoMayNotHaveAnAgentAnyMore) {
  agent(Phase::running);
  ASSERT_TRUE(told().seat);
  Account account = account_of("alice");
  account.agent_allowed = false;
  EXPECT_FALSE(desk.seat_at_once(account));
  Heard heard;
  const auto outcome = desk.wait(account, into(heard));
  ASSERT_TRUE(std::holds_alternative<DeskRefusal>(outcome));
  EXPECT_EQ(std::get<DeskRefusal>(outcome).status, 409);
}

TEST_F(AgentDeskTest, LooksAgainBeforeATurnWhoseRecordHasRunOut) {
  agent(Phase::running);
  ASSERT_TRUE(told().seat);
  clock.advance(seconds(16));
  EXPECT_FALSE(desk.seat_at_once(account_of("alice")));
  ASSERT_TRUE(told().seat);
  EXPECT_EQ(store.find_agent(key)->busy_until, clock.now() + seconds(30));
  EXPECT_TRUE(desk.seat_at_once(account_of("alice")));
}

// The race of S3, at its narrowest: the controller puts the agent to sleep after we read that it runs.
TEST_F(AgentDeskTest, GivesNoSeatAtAnAgentThatFellAsleepBeforeTheTurnWasOnRecord) {
  agent(Phase::running);
  bool fell_asleep = false;
  before_operation = [&](std::string_view operation) {
    if (operation != "record_activity" || std::exchange(fell_asleep, true)) return;
    const auto row = *store.find_agent(key);
    AgentStatus asleep = row.status;
    asleep.phase = Phase::stopping;
    asleep.endpoint.clear();
    ASSERT_TRUE(store.write_status_if_idle(key, asleep, row.last_active_at, row.busy_until, term));
  };
  Heard heard;
  const auto ticket = wait(heard);
  executor.run_all();
  EXPECT_TRUE(fell_asleep);
  EXPECT_EQ(heard.ends, 0);
  status(Phase::running);
  executor.run_all();
  EXPECT_TRUE(heard.seat);
}

// The other order: then the controller's decision finds new activity and does nothing.
TEST_F(AgentDeskTest, ATurnOnRecordKeepsTheAgentFromFallingAsleep) {
  agent(Phase::running);
  const auto seen = *store.find_agent(key);
  const Heard heard = told();
  ASSERT_TRUE(heard.seat);
  AgentStatus asleep = seen.status;
  asleep.phase = Phase::stopping;
  EXPECT_FALSE(store.write_status_if_idle(key, asleep, seen.last_active_at, seen.busy_until, term));
}

TEST_F(AgentDeskTest, DropsAnAddressThatMovedWhileItWasLookedUp) {
  agent(Phase::running);
  int looks = 0;
  before_operation = [&](std::string_view operation) {
    if (operation == "record_activity" && ++looks == 1) desk.on_status_moved(key);
  };
  ASSERT_TRUE(told().seat);
  EXPECT_GE(operations["find_user_agent"], 4);  // two looks
}

TEST_F(AgentDeskTest, TurnsAwayWhoeverIsBeyondTheBound) {
  DeskSettings settings;
  settings.waiters = 2;
  AgentDesk small(DeskDependencies{clock, people, box, ledger, executor.executor()}, settings);
  Heard heard;
  auto first = small.wait(account_of("alice"), into(heard));
  auto second = small.wait(account_of("bob"), into(heard));
  auto third = small.wait(account_of("carol"), into(heard));
  ASSERT_TRUE(std::holds_alternative<DeskRefusal>(third));
  const auto& refusal = std::get<DeskRefusal>(third);
  EXPECT_EQ(refusal.status, 503);
  EXPECT_EQ(refusal.type, problem_type::busy);
  EXPECT_TRUE(refusal.retry_after);
  std::get<AgentDesk::Ticket>(first).cancel();
  EXPECT_TRUE(
      std::holds_alternative<AgentDesk::Ticket>(small.wait(account_of("carol"), into(heard))));
}

TEST_F(AgentDeskTest, TellsPullingWithItsPercentAndTheEstimateOfTheLastStart) {
  agent(Phase::stopped);
  Heard heard;
  const auto ticket = wait(heard);
  executor.run_all();
  status(Phase::pulling, "PullingImage", "37 % of 560 MB");
  executor.run_all();
  status(Phase::starting, "Starting", "the gateway is booting", [&](AgentStatus& status) {
    status.started_at = clock.now();
    status.start_duration_ms = 10'000;
  });
  clock.advance(seconds(3));
  executor.run_all();
  ASSERT_EQ(heard.progress.size(), 3U);
  EXPECT_EQ(heard.progress[0].phase, Phase::stopped);
  EXPECT_EQ(heard.progress[1].pull_percent, 37);
  EXPECT_FALSE(heard.progress[1].remaining);
  EXPECT_EQ(heard.progress[2].reason, "Starting");
  EXPECT_EQ(heard.progress[2].remaining, seconds(7));
  pass(seconds(8));
  EXPECT_FALSE(heard.progress.back().remaining) << "it takes longer than last time";
}

TEST_F(AgentDeskTest, FindsByPollingWhatNoNotificationSaid) {
  agent(Phase::stopped);
  Heard heard;
  const auto ticket = wait(heard);
  executor.run_all();
  AgentStatus running = store.find_agent(key)->status;
  running.phase = Phase::running;
  running.endpoint = "10.213.0.2:18789";
  ASSERT_TRUE(store.write_status(key, running, term));
  executor.run_all();
  EXPECT_EQ(heard.ends, 0);
  pass(seconds(2));
  EXPECT_TRUE(heard.seat);
}

TEST_F(AgentDeskTest, PollsNoFasterForMoreWhoWait) {
  constexpr int people_who_wait = 40;
  DeskSettings settings;
  settings.poll_spacing = Duration(100);
  AgentDesk slow(DeskDependencies{clock, people, box, ledger, executor.executor()}, settings);
  std::vector<AgentDesk::Ticket> tickets;
  Heard heard;
  for (int i = 0; i < people_who_wait; ++i) {
    const std::string who = "person-" + std::to_string(i);
    give_provider(store, who);
    auto outcome = slow.wait(account_of(who), into(heard));
    tickets.push_back(std::move(std::get<AgentDesk::Ticket>(outcome)));
  }
  executor.run_all();
  operations.clear();
  const auto polls_after = [&](Duration time) {
    clock.advance(time);
    slow.tick();
    executor.run_all();
    return operations["find_user_agent"];
  };
  EXPECT_EQ(polls_after(seconds(3)), 0);
  EXPECT_EQ(polls_after(seconds(1)), people_who_wait);
}

TEST_F(AgentDeskTest, WaitsForARestartWithoutKeepingItFromHappening) {
  agent(Phase::draining);
  Heard heard;
  const auto ticket = wait(heard);
  executor.run_all();
  pass(seconds(20));
  EXPECT_LE(*store.find_agent(key)->busy_until, clock.now());
  EXPECT_EQ(heard.progress.back().phase, Phase::draining);
  EXPECT_EQ(heard.ends, 0);
}

TEST_F(AgentDeskTest, KeepsAnAgentFreshThatIsLongInWaking) {
  agent(Phase::stopped);
  Heard heard;
  const auto ticket = wait(heard);
  executor.run_all();
  status(Phase::pulling, "PullingImage", "1 % of 560 MB");
  pass(minutes(5));
  EXPECT_GE(*store.find_agent(key)->last_active_at, clock.now() - seconds(11));
}

TEST_F(AgentDeskTest, GivesUpAfterTheLongestWaitWithTheRowsWords) {
  agent(Phase::waiting);
  status(Phase::waiting, "WaitingForMemory", "needs 1536 MB, and the host's memory is taken");
  Heard heard;
  const auto ticket = wait(heard);
  pass(minutes(9));
  EXPECT_EQ(heard.ends, 0);
  pass(minutes(2));
  ASSERT_TRUE(heard.refusal);
  EXPECT_EQ(heard.refusal->status, 503);
  EXPECT_EQ(heard.refusal->type, problem_type::agent_waking);
  EXPECT_NE(heard.refusal->detail.find("needs 1536 MB"), std::string::npos);
  EXPECT_TRUE(heard.refusal->retry_after);
}

// --- no agent to come ---

TEST_F(AgentDeskTest, RefusesWithoutAProviderAndMakesNoRow) {
  give_provider(store, "alice", false);
  const Heard heard = told();
  ASSERT_TRUE(heard.refusal);
  EXPECT_EQ(heard.refusal->type, problem_type::agent_not_configured);
  EXPECT_EQ(store.agent_count(), 0U);
}

TEST_F(AgentDeskTest, RefusesAnAgentThatWasStoppedOnRequestAndDoesNotTouchIt) {
  agent(Phase::stopped);
  store.set_desired_state(key, DesiredState::stopped);
  const Heard heard = told();
  ASSERT_TRUE(heard.refusal);
  EXPECT_EQ(heard.refusal->type, problem_type::refused_by_rule);
  EXPECT_FALSE(heard.refusal->remedy.empty());
  EXPECT_FALSE(store.find_agent(key)->last_active_at);
}

TEST_F(AgentDeskTest, RefusesOnceSomebodyStopsTheAgentThatIsWaitedFor) {
  agent(Phase::starting);
  Heard heard;
  const auto ticket = wait(heard);
  executor.run_all();
  store.set_desired_state(key, DesiredState::stopped);
  pass(seconds(2));
  ASSERT_TRUE(heard.refusal);
  EXPECT_EQ(heard.refusal->type, problem_type::refused_by_rule);
}

TEST_F(AgentDeskTest, SaysUntilWhenACrashLoopIsHeldBack) {
  agent(Phase::starting);
  Heard heard;
  const auto ticket = wait(heard);
  executor.run_all();
  const TimePoint retry = clock.now() + seconds(80);
  status(Phase::failed, "CrashLoopBackOff", "the gateway ended by itself; ended 4 times in a row",
         [&](AgentStatus& status) {
           status.restart_count = 4;
           status.next_retry_at = retry;
         });
  executor.run_all();
  ASSERT_TRUE(heard.refusal);
  EXPECT_EQ(heard.refusal->status, 502);
  EXPECT_EQ(heard.refusal->type, problem_type::agent_failed);
  EXPECT_EQ(heard.refusal->retry_after, seconds(80));
  EXPECT_NE(heard.refusal->detail.find("ended 4 times in a row"), std::string::npos);
  EXPECT_NE(heard.refusal->remedy.find(to_iso8601(retry)), std::string::npos);
}

TEST_F(AgentDeskTest, WaitsForARetryThatComesSoon) {
  agent(Phase::starting);
  Heard heard;
  const auto ticket = wait(heard);
  executor.run_all();
  status(Phase::failed, "CrashLoopBackOff", "ended 2 times in a row",
         [&](AgentStatus& status) { status.next_retry_at = clock.now() + seconds(8); });
  pass(seconds(3));
  EXPECT_EQ(heard.ends, 0);
}

TEST_F(AgentDeskTest, SendsWhoeverHasAnUnfitImageToAnAdminAndNotToTheSettings) {
  agent(Phase::starting);
  Heard heard;
  const auto ticket = wait(heard);
  executor.run_all();
  status(Phase::failed, "ImageUnfit", "the agent's image lacks a program that it boots with");
  executor.run_all();
  ASSERT_TRUE(heard.refusal);
  EXPECT_EQ(heard.refusal->type, problem_type::agent_failed);
  EXPECT_NE(heard.refusal->remedy.find("administrator"), std::string::npos);
}

TEST_F(AgentDeskTest, WaitsForAStateThatAnotherContainerHolds) {
  agent(Phase::starting);
  Heard heard;
  const auto ticket = wait(heard);
  executor.run_all();
  status(Phase::waiting, "StateInUse", "another container holds the agent's state",
         [&](AgentStatus& status) { status.next_retry_at = clock.now() + seconds(60); });
  pass(seconds(3));
  EXPECT_EQ(heard.ends, 0);
}

TEST_F(AgentDeskTest, GivesTheControllerTimeToMendAFailureThatStoodAlready) {
  agent(Phase::failed);
  status(Phase::failed, "ConfigurationInvalid", "no provider has the model a/b");
  Heard heard;
  const auto ticket = wait(heard);
  executor.run_all();
  EXPECT_EQ(heard.ends, 0);
  status(Phase::starting, "Starting", "the gateway is booting");
  executor.run_all();
  status(Phase::running);
  executor.run_all();
  EXPECT_TRUE(heard.seat);
}

TEST_F(AgentDeskTest, BelievesAFailureThatStandsAfterTheGrace) {
  agent(Phase::failed);
  status(Phase::failed, "ConfigurationInvalid", "no provider has the model a/b");
  Heard heard;
  const auto ticket = wait(heard);
  executor.run_all();
  pass(seconds(3));
  ASSERT_TRUE(heard.refusal);
  EXPECT_EQ(heard.refusal->type, problem_type::agent_not_configured);
  EXPECT_EQ(heard.refusal->detail, "No provider has the model a/b.");
}

TEST_F(AgentDeskTest, BelievesAFreshFailureAtOnce) {
  agent(Phase::starting);
  Heard heard;
  const auto ticket = wait(heard);
  executor.run_all();
  status(Phase::waiting, "ImagePullFailed", "the image could not be pulled: no such host");
  executor.run_all();
  ASSERT_TRUE(heard.refusal);
  EXPECT_EQ(heard.refusal->type, problem_type::agent_failed);
  EXPECT_TRUE(heard.refusal->retry_after);
}

TEST_F(AgentDeskTest, SaysThatATokenCannotBeReadAndNeverShowsIt) {
  agent(Phase::running);
  store.edit_agent(key, [](AgentRow& row) { row.gateway_token = "enc:c2VudGluZWw="; });
  const Heard heard = told();
  ASSERT_TRUE(heard.refusal);
  EXPECT_EQ(heard.refusal->detail.find("c2VudGluZWw"), std::string::npos);
}

TEST_F(AgentDeskTest, MakesANewAgentWhenTheOldOneIsDeletedMeanwhile) {
  agent(Phase::starting);
  Heard heard;
  const auto ticket = wait(heard);
  executor.run_all();
  store.delete_agent(key);
  pass(seconds(4));
  const auto row = people.find_user_agent("alice");
  ASSERT_TRUE(row);
  EXPECT_NE(row->key, key);
  EXPECT_TRUE(row->last_active_at);
  EXPECT_EQ(heard.ends, 0);
}

// --- a dead address ---

TEST_F(AgentDeskTest, DoesNotGiveOutADeadAddressAgainUntilAnotherProcessAnswers) {
  agent(Phase::running);
  const auto address = told().seat->address;
  desk.report_unreachable("alice", *address);
  EXPECT_FALSE(desk.seat_at_once(account_of("alice")));
  Heard heard;
  const auto ticket = wait(heard);
  executor.run_all();
  EXPECT_EQ(heard.ends, 0);
  EXPECT_EQ(heard.progress.back().reason, "Unreachable");
  clock.advance(seconds(1));
  status(Phase::running, "", "", [&](AgentStatus& status) { status.started_at = clock.now(); });
  executor.run_all();
  ASSERT_TRUE(heard.seat);
  EXPECT_NE(heard.seat->address->process, address->process);
}

TEST_F(AgentDeskTest, TrustsTheRowAgainWhenItStandsByTheAddress) {
  agent(Phase::running);
  const auto address = told().seat->address;
  desk.report_unreachable("alice", *address);
  Heard heard;
  const auto ticket = wait(heard);
  executor.run_all();
  pass(seconds(4));
  EXPECT_EQ(heard.ends, 0);
  pass(seconds(4));
  EXPECT_TRUE(heard.seat);
}

// --- those who wait ---

TEST_F(AgentDeskTest, WhoeverCancelsHearsNothingMoreAndTheLastOneLetsGo) {
  agent(Phase::stopped);
  Heard heard;
  {
    const auto ticket = wait(heard);
    executor.run_all();
    EXPECT_EQ(ledger.held_agents(), 1U);
  }
  EXPECT_EQ(desk.waiters(), 0U);
  EXPECT_EQ(ledger.held_agents(), 0U);
  status(Phase::running);
  executor.run_all();
  EXPECT_EQ(heard.ends, 0);
}

TEST_F(AgentDeskTest, ASeatHoldsTheAgentUntilItGoes) {
  agent(Phase::running);
  {
    const Heard heard = told();
    ASSERT_TRUE(heard.seat);
    EXPECT_EQ(ledger.held_agents(), 1U);
  }
  EXPECT_EQ(ledger.held_agents(), 0U);
}

TEST_F(AgentDeskTest, AFullExecutorIsTriedAgain) {
  agent(Phase::running);
  executor.full = true;
  Heard heard;
  const auto ticket = wait(heard);
  desk.tick();
  EXPECT_EQ(executor.waiting(), 0U);
  executor.full = false;
  pass(seconds(1));
  EXPECT_TRUE(heard.seat);
}

TEST_F(AgentDeskTest, OutlivesAShortAbsenceOfTheDatabase) {
  agent(Phase::stopped);
  bool away = true;
  before_operation = [&](std::string_view) {
    if (away) throw StoreError("the database did not answer");
  };
  Heard heard;
  const auto ticket = wait(heard);
  pass(seconds(10));
  EXPECT_EQ(heard.ends, 0);
  away = false;
  pass(seconds(2));
  EXPECT_TRUE(store.find_agent(key)->last_active_at);
  away = true;
  pass(seconds(20));
  ASSERT_TRUE(heard.refusal);
  EXPECT_EQ(heard.refusal->type, problem_type::database_away);
}

TEST_F(AgentDeskTest, ClosingTurnsAllAway) {
  agent(Phase::stopped);
  Heard heard;
  const auto ticket = wait(heard);
  executor.run_all();
  desk.close();
  ASSERT_TRUE(heard.refusal);
  EXPECT_EQ(heard.refusal->status, 503);
  EXPECT_EQ(heard.ends, 1);
  EXPECT_TRUE(std::holds_alternative<DeskRefusal>(desk.wait(account_of("alice"), into(heard))));
}

TEST_F(AgentDeskTest, EveryoneHearsExactlyOneEndWhateverHappensAtTheSameTime) {
  agent(Phase::running);
  WorkerPool pool(4, 64);
  AgentDesk busy(DeskDependencies{clock, people, box, ledger,
                                  [&](auto work) { return pool.try_submit(std::move(work)); }});
  constexpr int people_at_once = 4;
  constexpr int turns_each = 300;
  std::atomic<int> ends{0};
  std::atomic<bool> done{false};
  std::thread ticker([&] {
    for (int round = 0; !done; ++round) {
      if (round < 2000) busy.on_status_moved(key);
      busy.tick();
      ledger.tick();
      std::this_thread::yield();
    }
  });
  const auto take_turns = [&] {
    for (int turn = 0; turn < turns_each; ++turn) {
      if (busy.seat_at_once(account_of("alice"))) {
        ++ends;
        continue;
      }
      std::promise<void> end;  // a second end would throw
      WaitCallbacks callbacks;
      callbacks.on_seat = [&](AgentSeat seat) {
        EXPECT_TRUE(seat.hold);
        end.set_value();
      };
      callbacks.on_refused = [&](const DeskRefusal&) { ADD_FAILURE() << "refused"; };
      const auto outcome = busy.wait(account_of("alice"), std::move(callbacks));
      ASSERT_TRUE(std::holds_alternative<AgentDesk::Ticket>(outcome));
      end.get_future().wait();
      ++ends;
    }
  };
  std::vector<std::thread> threads;
  threads.reserve(people_at_once);
  for (int thread = 0; thread < people_at_once; ++thread) threads.emplace_back(take_turns);
  for (auto& thread : threads) thread.join();
  done = true;
  ticker.join();
  busy.close();
  pool.stop();
  EXPECT_EQ(ends, people_at_once * turns_each);
  EXPECT_EQ(busy.waiters(), 0U);
  EXPECT_EQ(ledger.held_agents(), 0U);
}

}  // namespace
}  // namespace mosaic
