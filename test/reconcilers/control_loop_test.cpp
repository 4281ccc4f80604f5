#include "reconcilers/control_loop.hpp"

#include <gtest/gtest.h>

#include "model/boot_exit.hpp"
#include "test/reconcilers/loop_in_memory.hpp"

namespace mosaic {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

class LoopTest : public testing::Test, protected test::LoopInMemory {
 protected:
  LoopTest() {
    engine.set_latency(EngineMethod::start, milliseconds(5));
    engine.set_configuration_source([this](const ResourceKey& agent) { return voice(agent); });
    boot();
  }

  AgentRow& user(const std::string& name, bool awake = true) {
    last_row = put_user(name, awake);
    return last_row;
  }

  void pass(Duration time) {
    const SteadyTime end = clock.steady_now() + time;
    settle();
    while (clock.steady_now() < end) {
      const auto step = std::min<std::chrono::nanoseconds>(end - clock.steady_now(), seconds(4));
      clock.advance(std::chrono::ceil<std::chrono::microseconds>(step));
      loop->elector().tick();
      settle();
    }
  }

  AgentRow row(const std::string& name, ResourceKind kind = ResourceKind::user_container) {
    const auto found = store.find_agent(ResourceKey(kind, name));
    EXPECT_TRUE(found) << name;
    return found.value_or(AgentRow{});
  }
  Phase phase(const std::string& name) { return row(name).status.phase; }
  std::string reason(const std::string& name) {
    const AgentRow present = row(name);
    const Condition* ready = find_condition(present.status, condition::ready);
    return ready == nullptr ? "" : ready->reason;
  }
  // The one thing that these tests change in a configuration.
  std::string voice(const ResourceKey& agent) {
    const auto source = store.find_config_source(agent);
    return source ? source->personality : "";
  }
  AgentIdentity container_identity(const std::string& name) {
    return {store.instance_id(), key(name), name, "mosaic-user-" + name};
  }
  FakeContainer container(const std::string& name) { return engine.containers_of(key(name)).at(0); }

  ResourceKey key(const std::string& name) {
    return ResourceKey(ResourceKind::user_container, name);
  }
  std::size_t containers(const std::string& name) { return engine.containers_of(key(name)).size(); }

  AgentRow last_row;
};

TEST_F(LoopTest, ARowBecomesARunningAgent) {
  user("alice");
  settle();
  EXPECT_EQ(phase("alice"), Phase::running);
  EXPECT_EQ(containers("alice"), 1U);
  EXPECT_EQ(row("alice").status.endpoint.empty(), false);
  EXPECT_EQ(silent.woken, std::vector{WakeDepth::cold});
}

TEST_F(LoopTest, ASettledFleetCausesNoActionAndNoWrite) {
  user("alice");
  user("bob", false);
  pass(seconds(10));
  const auto writes = store.status_writes();
  const auto mutations = engine.mutation_count();
  loop->informer().request_resync();
  pass(minutes(15));
  EXPECT_EQ(store.status_writes(), writes);
  EXPECT_EQ(engine.mutation_count(), mutations);
}

TEST_F(LoopTest, AnIdleAgentIsStoppedAtItsDeadlineWithoutPolling) {
  user("alice");
  settle();
  pass(minutes(29));
  EXPECT_EQ(phase("alice"), Phase::running);
  pass(minutes(2));
  EXPECT_EQ(phase("alice"), Phase::stopped);
  EXPECT_EQ(containers("alice"), 1U) << "it sleeps, it is not removed";
  store.touch(key("alice"), clock.now());
  settle();
  EXPECT_EQ(phase("alice"), Phase::running);
}

TEST_F(LoopTest, AnOpenStreamKeepsAnAgentAwake) {
  user("alice");
  settle();
  for (int i = 0; i < 60; ++i) {
    store.record_activity({"api", clock.now(), {{key("alice"), clock.now() + minutes(2)}}, {}});
    pass(minutes(1));
  }
  EXPECT_EQ(phase("alice"), Phase::running);
}

TEST_F(LoopTest, ATurnThatBeginsWhileIdlingIsDecidedKeepsTheAgent) {
  user("alice");
  settle();
  clock.advance(minutes(31));
  loop->elector().tick();
  store.set_fault_hook([&](std::string_view operation, StoreMoment moment) {
    if (operation != "write_status_if_idle" || moment != StoreMoment::before) return;
    store.set_fault_hook({});
    store.record_activity({"api", clock.now(), {{key("alice"), clock.now() + minutes(5)}}, {}});
  });
  settle();
  EXPECT_EQ(phase("alice"), Phase::running);
  EXPECT_EQ(engine.call_count(EngineMethod::terminate), 0U);
}

TEST_F(LoopTest, IdleAgentsArePausedAndWokenWhenThatIsAllowed) {
  store.put_setting("fleet.sleep.pause", "true");
  user("alice");
  settle();
  pass(minutes(31));
  EXPECT_EQ(phase("alice"), Phase::paused);
  store.touch(key("alice"), clock.now());
  settle();
  EXPECT_EQ(phase("alice"), Phase::running);
  EXPECT_EQ(silent.woken.back(), WakeDepth::paused);
}

TEST_F(LoopTest, APausedAgentMakesRoomForOneThatIsNeeded) {
  store.put_setting("fleet.sleep.pause", "true");
  store.put_setting("fleet.memoryBudgetMb", "2000");
  user("alice");
  settle();
  pass(minutes(31));
  ASSERT_EQ(phase("alice"), Phase::paused);
  user("bob");
  pass(seconds(60));
  EXPECT_EQ(phase("bob"), Phase::running);
  EXPECT_EQ(phase("alice"), Phase::stopped);
}

TEST_F(LoopTest, ATokenIsReplacedOnceTheRunningTurnHasEnded) {
  user("alice");
  settle();
  const std::string before = container("alice").spec.gateway_token;
  store.record_activity({"api", clock.now(), {{key("alice"), clock.now() + seconds(30)}}, {}});
  store.replace_token(key("alice"), box.encrypt("another"));
  settle();
  EXPECT_EQ(phase("alice"), Phase::draining);
  EXPECT_EQ(container("alice").spec.gateway_token, before);
  EXPECT_EQ(box.decrypt(row("alice").gateway_token), before) << "whoever asks the agent uses it";
  pass(seconds(40));
  EXPECT_EQ(phase("alice"), Phase::running);
  EXPECT_EQ(container("alice").spec.gateway_token, "another");
  EXPECT_EQ(box.decrypt(row("alice").gateway_token), "another");
  EXPECT_EQ(row("alice").next_gateway_token, "");
  EXPECT_EQ(row("alice").status.restart_count, 0);
}

TEST_F(LoopTest, ATokenOfASleepingAgentIsReplacedAtOnceAndWakesNobody) {
  store.put_setting("fleet.sleep.pause", "true");
  user("alice");
  user("bob", false);
  settle();
  pass(minutes(31));
  ASSERT_EQ(phase("alice"), Phase::paused);
  const auto starts = engine.call_count(EngineMethod::start);
  for (const auto* name : {"alice", "bob"}) store.replace_token(key(name), box.encrypt("another"));
  pass(seconds(30));
  for (const auto* name : {"alice", "bob"}) {
    EXPECT_EQ(phase(name), Phase::stopped) << name;
    EXPECT_EQ(box.decrypt(row(name).gateway_token), "another") << name;
    EXPECT_EQ(row(name).next_gateway_token, "") << name;
  }
  EXPECT_EQ(engine.call_count(EngineMethod::start), starts);
  store.touch(key("alice"), clock.now());
  settle();
  EXPECT_EQ(phase("alice"), Phase::running);
  EXPECT_EQ(container("alice").spec.gateway_token, "another");
}

TEST_F(LoopTest, AnAgentMovesWithItsStateOnceItsTurnHasEndedAndWakesThere) {
  engine.set_nodes({"n1", "n2"});
  engine.set_copy(seconds(20), false);
  user("alice");
  settle();
  store.record_activity({"api", clock.now(), {{key("alice"), clock.now() + seconds(30)}}, {}});
  store.request_move(key("alice"), "n2", false);
  settle();
  EXPECT_EQ(phase("alice"), Phase::draining);
  pass(seconds(40));
  EXPECT_EQ(phase("alice"), Phase::waiting);
  EXPECT_EQ(reason("alice"), "Moving");
  EXPECT_EQ(containers("alice"), 0U);
  boot();  // a controller that knows nothing of it goes on where the last one was
  pass(seconds(20));
  EXPECT_EQ(phase("alice"), Phase::running);
  EXPECT_EQ(container("alice").node, "n2");
  EXPECT_TRUE(row("alice").move_to_node.empty());
  EXPECT_EQ(row("alice").status.restart_count, 0);
  EXPECT_TRUE(engine.lost_states().empty());
  pass(minutes(2));
  EXPECT_FALSE(engine.has_left_volumes()) << "what was copied is removed where it was";
}

TEST_F(LoopTest, ASleepingAgentMovesInItsSleep) {
  engine.set_nodes({"n1", "n2"});
  user("alice");
  settle();
  pass(minutes(31));
  ASSERT_EQ(phase("alice"), Phase::stopped);
  const auto starts = engine.call_count(EngineMethod::start);
  store.request_move(key("alice"), "n2", false);
  pass(seconds(10));
  EXPECT_EQ(phase("alice"), Phase::stopped);
  EXPECT_EQ(engine.node_of_state(container_identity("alice")), "n2");
  EXPECT_EQ(engine.call_count(EngineMethod::start), starts);
  store.touch(key("alice"), clock.now());
  settle();
  EXPECT_EQ(container("alice").node, "n2");
  EXPECT_TRUE(engine.lost_states().empty());
}

TEST_F(LoopTest, AMoveThatCannotBeIsRefusedWithWordsAndDisturbsNobody) {
  user("alice");
  settle();
  const auto starts = engine.call_count(EngineMethod::start);
  store.request_move(key("alice"), "n2", false);
  settle();
  EXPECT_EQ(phase("alice"), Phase::running);
  EXPECT_TRUE(row("alice").move_to_node.empty());
  const AgentRow present = row("alice");
  const Condition* moving = find_condition(present.status, condition::moving);
  ASSERT_NE(moving, nullptr);
  EXPECT_EQ(moving->reason, "MoveRefused");
  EXPECT_EQ(store.events(EventQuery{key("alice"), 0, 1}).at(0).reason, "MoveRefused");
  EXPECT_EQ(engine.call_count(EngineMethod::start), starts);
}

TEST_F(LoopTest, AFailedCopyLeavesTheAgentWhereItWas) {
  engine.set_nodes({"n1", "n2"});
  engine.set_copy(seconds(3), true);
  user("alice");
  settle();
  store.request_move(key("alice"), "n2", false);
  pass(seconds(20));
  EXPECT_EQ(phase("alice"), Phase::running);
  EXPECT_EQ(container("alice").node, "n1");
  EXPECT_TRUE(row("alice").move_to_node.empty());
  EXPECT_TRUE(engine.lost_states().empty());
  pass(minutes(2));
  EXPECT_FALSE(engine.has_left_volumes()) << "half a copy does not stay";
}

TEST_F(LoopTest, AMoveBackEndsACopyThatIsUnderWay) {
  engine.set_nodes({"n1", "n2"});
  engine.set_copy(minutes(5), false);
  user("alice");
  settle();
  store.request_move(key("alice"), "n2", false);
  pass(seconds(10));
  EXPECT_EQ(reason("alice"), "Moving");
  store.request_move(key("alice"), "n1", false);
  pass(seconds(10));
  EXPECT_EQ(phase("alice"), Phase::running);
  EXPECT_EQ(container("alice").node, "n1");
  EXPECT_TRUE(engine.lost_states().empty());
}

TEST_F(LoopTest, StateOnALostNodeIsLeftOnlyWhenThatIsAskedForAndGoesOnceTheNodeIsBack) {
  engine.set_nodes({"n1", "n2"});
  user("alice");
  settle();
  pass(minutes(31));
  engine.set_node_away("n1", true);
  store.request_move(key("alice"), "n2", false);
  pass(minutes(1));
  EXPECT_EQ(row("alice").move_to_node, "n2") << "it waits";
  EXPECT_EQ(engine.node_of_state(container_identity("alice")), "n1");
  store.request_move(key("alice"), "n2", true);
  pass(seconds(10));
  EXPECT_EQ(engine.node_of_state(container_identity("alice")), "n2");
  EXPECT_TRUE(row("alice").move_to_node.empty());
  pass(minutes(3));
  EXPECT_TRUE(engine.has_left_volumes());
  engine.set_node_away("n1", false);
  pass(minutes(2));
  EXPECT_FALSE(engine.has_left_volumes());
}

TEST_F(LoopTest, WhatDoesNotFitWaitsAndSaysSo) {
  store.put_setting("fleet.memoryBudgetMb", "2000");
  user("alice");
  settle();
  user("bob");
  settle();
  EXPECT_EQ(phase("bob"), Phase::waiting);
  EXPECT_EQ(reason("bob"), "WaitingForMemory");
  store.set_desired_state(key("alice"), DesiredState::stopped);
  settle();
  EXPECT_EQ(phase("bob"), Phase::running);
}

TEST_F(LoopTest, AHumansInterventionIsRepaired) {
  user("alice");
  settle();
  engine.human_removes(key("alice"));
  pass(seconds(1));
  EXPECT_EQ(phase("alice"), Phase::running);
  engine.human_stops(key("alice"));
  pass(seconds(60));
  EXPECT_EQ(phase("alice"), Phase::running);
  engine.human_pauses(key("alice"));
  pass(seconds(1));
  EXPECT_EQ(phase("alice"), Phase::running);
  EXPECT_EQ(containers("alice"), 1U);
}

TEST_F(LoopTest, ARestartOfTheEngineIsRepaired) {
  user("alice");
  user("bob");
  settle();
  engine.restart_engine();
  pass(seconds(60));
  EXPECT_EQ(phase("alice"), Phase::running);
  EXPECT_EQ(phase("bob"), Phase::running);
}

TEST_F(LoopTest, LostEventsAreMadeUpForByTheNextRelist) {
  user("alice");
  settle();
  engine.drop_events(true);
  engine.human_removes(key("alice"));
  pass(minutes(2));
  EXPECT_EQ(phase("alice"), Phase::running);
}

TEST_F(LoopTest, AnEngineThatIsAwayStopsNothingAndCreatesNothingTwice) {
  user("alice");
  settle();
  engine.set_down(true);
  pass(minutes(10));
  EXPECT_EQ(phase("alice"), Phase::running);
  engine.set_down(false);
  store.touch(key("alice"), clock.now());
  pass(minutes(2));
  EXPECT_EQ(phase("alice"), Phase::running);
  EXPECT_EQ(containers("alice"), 1U);
}

TEST_F(LoopTest, ALostResponseOfACreateDoesNotCreateTwice) {
  engine.fail_next(EngineMethod::create_container, EngineErrorKind::unavailable, 1,
                   FaultMoment::after_effect);
  user("alice");
  pass(seconds(5));
  EXPECT_EQ(phase("alice"), Phase::running);
  EXPECT_EQ(containers("alice"), 1U);
}

TEST_F(LoopTest, ACrashLoopSurvivesAControllersRestart) {
  user("alice");
  engine.set_exit_on_start(key("alice"), 1);
  pass(seconds(2));
  const int ends = row("alice").status.restart_count;
  EXPECT_GE(ends, 2);
  EXPECT_EQ(reason("alice"), "CrashLoopBackOff");
  const auto starts = engine.call_count(EngineMethod::start);
  boot();
  pass(seconds(1));
  EXPECT_EQ(engine.call_count(EngineMethod::start), starts) << "the back-off is in the row";
  engine.set_exit_on_start(key("alice"), std::nullopt);
  pass(minutes(6));
  EXPECT_EQ(phase("alice"), Phase::running);
}

TEST_F(LoopTest, ARefusedConfigurationIsNotRestartedUntilItChanges) {
  user("alice");
  engine.set_exit_on_start(key("alice"), 78);
  pass(minutes(20));
  EXPECT_EQ(engine.call_count(EngineMethod::start), 1U);
  EXPECT_EQ(phase("alice"), Phase::failed);
  engine.set_exit_on_start(key("alice"), std::nullopt);
  store.touch(key("alice"), clock.now());
  store.put_user_config("alice", FakeAgentConfig{"", {}, "Be brief.", ""});
  settle();
  EXPECT_EQ(phase("alice"), Phase::running);
}

TEST_F(LoopTest, AStateThatAnotherContainerHoldsIsTriedUntilItIsFreeAndCountsNoCrash) {
  user("alice");
  engine.set_exit_on_start(key("alice"), boot_exit::held_by_another);
  pass(minutes(20));
  EXPECT_EQ(phase("alice"), Phase::waiting);
  EXPECT_EQ(reason("alice"), "StateInUse");
  const auto starts = engine.call_count(EngineMethod::start);
  EXPECT_GT(starts, 5U);
  EXPECT_LT(starts, 30U) << "the longer it is held, the rarer it is asked for";
  EXPECT_EQ(row("alice").status.restart_count, 0);
  engine.set_exit_on_start(key("alice"), std::nullopt);
  pass(minutes(6));
  EXPECT_EQ(phase("alice"), Phase::running);
}

TEST_F(LoopTest, AConfigurationChangeRollsOutToThatAgentAloneWithoutARestart) {
  user("alice");
  user("bob");
  settle();
  engine.forget_calls();
  store.put_user_config("alice", FakeAgentConfig{"", {}, "Be brief.", ""});
  pass(seconds(1));
  EXPECT_EQ(engine.call_count(EngineMethod::reload_configuration), 1U);
  EXPECT_EQ(engine.mutation_count(), 1U);
  EXPECT_EQ(container("alice").configuration, "Be brief.");
  EXPECT_EQ(phase("alice"), Phase::running);
  EventQuery query;
  query.key = key("alice");
  const auto events = store.events(query);
  EXPECT_TRUE(std::any_of(events.begin(), events.end(), [](const Event& event) {
    return event.reason == "ConfigurationReloaded" && event.severity == EventSeverity::normal;
  }));
}

TEST_F(LoopTest, AReloadThatFailsFallsBackToARestart) {
  user("alice");
  settle();
  engine.forget_calls();
  engine.fail_next(EngineMethod::reload_configuration, EngineErrorKind::failed, 2);
  store.put_user_config("alice", FakeAgentConfig{"", {}, "Be brief.", ""});
  pass(seconds(20));
  EXPECT_EQ(engine.call_count(EngineMethod::reload_configuration), 2U);
  EXPECT_EQ(engine.call_count(EngineMethod::terminate), 1U);
  EXPECT_EQ(container("alice").configuration, "Be brief.");
  EXPECT_EQ(phase("alice"), Phase::running);
}

// The answer of the reload is lost, the controller with it, and the settings are changed back.
TEST_F(LoopTest, AReloadWhoseAnswerWasLostIsNeverTakenForNone) {
  user("alice");
  settle();
  engine.fail_next(EngineMethod::reload_configuration, EngineErrorKind::unavailable, 1,
                   FaultMoment::after_effect);
  store.put_user_config("alice", FakeAgentConfig{"", {}, "Be brief.", ""});
  loop->informer().run_pending();
  while (container("alice").reloads == 0) loop->controller().process_next();
  ASSERT_EQ(container("alice").configuration, "Be brief.");
  store.put_user_config("alice", FakeAgentConfig{"", {}, "", ""});
  boot();
  pass(seconds(5));
  EXPECT_EQ(container("alice").configuration, "");
  EXPECT_EQ(phase("alice"), Phase::running);
}

// A, B while it reads them, and A again: what it was started for and what is asked for are the same.
TEST_F(LoopTest, SettingsThatChangeWhileAnAgentBootsAndBackAreNotTakenForWhatItHasRead) {
  health->set_always_ready(false);
  engine.set_fetch_delay(key("alice"), seconds(2));
  user("alice");
  settle();
  ASSERT_EQ(phase("alice"), Phase::starting);
  store.put_user_config("alice", FakeAgentConfig{"", {}, "Be brief.", ""});
  clock.advance(seconds(2));
  engine.settle();
  ASSERT_EQ(container("alice").configuration, "Be brief.");
  store.put_user_config("alice", FakeAgentConfig{"", {}, "", ""});
  health->set_ready(key("alice"));
  settle();
  EXPECT_EQ(phase("alice"), Phase::running);
  EXPECT_EQ(container("alice").configuration, "");
  EXPECT_EQ(container("alice").reloads, 1);
}

// Between the look at its gateway and the word that it runs.
TEST_F(LoopTest, SettingsThatMoveWhileAnAgentIsFoundReadyAreLookedAtAgain) {
  health->set_always_ready(false);
  user("alice");
  settle();
  health->set_ready(key("alice"));
  engine.set_interceptor([this](EngineMethod method, const std::string&, FaultMoment moment) {
    if (method != EngineMethod::observe || moment != FaultMoment::after_effect) return;
    engine.set_interceptor({});
    store.put_user_config("alice", FakeAgentConfig{"", {}, "Be brief.", ""});
    store.put_user_config("alice", FakeAgentConfig{"", {}, "", ""});
  });
  settle();
  EXPECT_EQ(phase("alice"), Phase::running);
  EXPECT_EQ(container("alice").reloads, 1);
}

TEST_F(LoopTest, AColdWakeOfAnAgentWhoseSettingsRestCostsNoReload) {
  health->set_always_ready(false);
  engine.set_fetch_delay(key("alice"), seconds(2));
  user("alice");
  settle();
  clock.advance(seconds(3));
  const auto writes = store.status_writes();
  health->set_ready(key("alice"));
  settle();
  EXPECT_EQ(phase("alice"), Phase::running);
  EXPECT_EQ(store.status_writes(), writes + 1);
  EXPECT_EQ(engine.call_count(EngineMethod::reload_configuration), 0U);
}

TEST_F(LoopTest, SettingsThatChangeDuringAReloadAndBackAreNotTakenForWhatItHasRead) {
  user("alice");
  settle();
  engine.set_interceptor([this](EngineMethod method, const std::string&, FaultMoment moment) {
    if (method != EngineMethod::reload_configuration) return;
    const bool after = moment == FaultMoment::after_effect;
    if (after) engine.set_interceptor({});
    store.put_user_config("alice", FakeAgentConfig{"", {}, after ? "Be brief." : "Be kind.", ""});
  });
  store.put_user_config("alice", FakeAgentConfig{"", {}, "Be brief.", ""});
  settle();
  EXPECT_EQ(container("alice").configuration, "Be brief.");
  EXPECT_EQ(container("alice").reloads, 2);
}

TEST_F(LoopTest, AProcessThatSomebodyElseStartedIsNotTakenForTheOneOnRecord) {
  user("alice");
  settle();
  pass(minutes(31));
  ASSERT_EQ(phase("alice"), Phase::stopped);
  store.touch(key("alice"), clock.now());
  store.put_user_config("alice", FakeAgentConfig{"", {}, "Be brief.", ""});
  engine.human_starts(key("alice"));
  store.put_user_config("alice", FakeAgentConfig{"", {}, "", ""});
  settle();
  EXPECT_EQ(phase("alice"), Phase::running);
  EXPECT_EQ(container("alice").configuration, "");
}

// What the former leader has done since is in nobody's memory.
TEST_F(LoopTest, ALeaderDecidesNothingOnWhatWasSeenBeforeItLed) {
  user("alice", false);
  settle();
  engine.freeze_view();
  engine.ensure_volumes(
      AgentIdentity{store.instance_id(), key("alice"), "alice", "mosaic-user-alice"});
  clock.advance(seconds(1));
  boot();
  store.request_deletion(key("alice"), true, clock.now());
  pass(seconds(5));
  EXPECT_TRUE(store.find_agent(key("alice")));
  engine.thaw_view();
  pass(seconds(5));
  EXPECT_FALSE(store.find_agent(key("alice")));
  EXPECT_FALSE(engine.has_volumes(key("alice")));
}

TEST_F(LoopTest, APurgeThatIsAskedForWhileADeletionEndsIsNotLost) {
  user("alice");
  settle();
  store.set_fault_hook([this](std::string_view operation, StoreMoment moment) {
    if (operation != "finish_deletion" || moment != StoreMoment::before) return;
    store.set_fault_hook({});
    store.request_deletion(key("alice"), true, clock.now());
  });
  store.request_deletion(key("alice"), false, clock.now());
  pass(seconds(30));
  EXPECT_FALSE(store.find_agent(key("alice")));
  EXPECT_FALSE(engine.has_volumes(key("alice")));
}

TEST_F(LoopTest, NothingIsPurgedForARowThatIsAnotherByNow) {
  user("alice");
  settle();
  engine.set_interceptor([this](EngineMethod method, const std::string&, FaultMoment moment) {
    if (method != EngineMethod::remove_network || moment != FaultMoment::after_effect) return;
    engine.set_interceptor({});
    store.delete_agent(key("alice"));
    store.put_agent(last_row);
  });
  store.request_deletion(key("alice"), true, clock.now());
  pass(seconds(30));
  EXPECT_EQ(phase("alice"), Phase::running);
  EXPECT_EQ(engine.call_count(EngineMethod::remove_volumes), 0U);
}

TEST_F(LoopTest, ATokenThatWaitsIsInstalledByTheNextControllerToo) {
  user("alice", false);
  settle();
  store.set_fault_hook([](std::string_view operation, StoreMoment) {
    if (operation == "install_token") throw StoreError("the database did not answer");
  });
  store.replace_token(key("alice"), box.encrypt(generate_token()));
  settle();
  ASSERT_FALSE(row("alice").next_gateway_token.empty());
  store.set_fault_hook({});
  boot();
  settle();
  EXPECT_EQ(row("alice").next_gateway_token, "");
}

// Exit 78 was for good; then somebody started it by hand, and it was not refused.
TEST_F(LoopTest, AnAgentThatRunsAgainWasNotRefusedForGood) {
  user("alice");
  settle();
  engine.exit_container(key("alice"), 78, false);
  settle();
  ASSERT_EQ(phase("alice"), Phase::failed);
  engine.human_starts(key("alice"));
  settle();
  ASSERT_EQ(phase("alice"), Phase::running);
  store.request_restart(key("alice"), clock.now() + seconds(1));
  pass(seconds(30));
  EXPECT_EQ(phase("alice"), Phase::running);
}

TEST_F(LoopTest, AFullDiskIsNotTriedAgainAtEachEventThatTheAttemptItselfCaused) {
  engine.fail_next(EngineMethod::create_container, EngineErrorKind::disk_full, 3);
  user("alice");
  settle();
  const auto attempts = engine.call_count(EngineMethod::create_container);
  EXPECT_EQ(attempts, 1U);
  for (int event = 0; event < 100; ++event) {
    loop->queue().add(key("alice"), Priority::crash);
    settle();
  }
  EXPECT_EQ(engine.call_count(EngineMethod::create_container), attempts);
  EXPECT_EQ(phase("alice"), Phase::waiting);
  pass(seconds(90));
  EXPECT_EQ(phase("alice"), Phase::running) << "there was room at the fourth time";
}

TEST_F(LoopTest, AnAgentSleepsThroughToItsJobAndSleepsAgain) {
  user("alice");
  settle();
  ScheduleView jobs;
  jobs.next_due_at = clock.now() + minutes(120);
  engine.set_schedule(key("alice"), jobs);
  pass(minutes(31));
  ASSERT_EQ(phase("alice"), Phase::stopped);
  EXPECT_EQ(row("alice").status.next_due_at, jobs.next_due_at);
  const auto writes = store.status_writes();
  pass(minutes(80));
  EXPECT_EQ(store.status_writes(), writes) << "nothing polls";
  clock.advance(*jobs.next_due_at - clock.now() - seconds(1));
  pass(seconds(4));
  ASSERT_EQ(phase("alice"), Phase::running);
  EXPECT_EQ(engine.call_count(EngineMethod::read_schedule), 1U);
  jobs.next_due_at = clock.now() + minutes(120);
  jobs.running_since = clock.now();
  engine.set_schedule(key("alice"), jobs);
  pass(minutes(10));
  EXPECT_EQ(phase("alice"), Phase::running) << "its job runs";
  jobs.running_since.reset();
  engine.set_schedule(key("alice"), jobs);
  pass(minutes(1));
  EXPECT_EQ(phase("alice"), Phase::stopped);
  EXPECT_EQ(row("alice").status.next_due_at, jobs.next_due_at);
}

TEST_F(LoopTest, AJobMissedByAControllerThatWasAwayRunsWhenItIsBack) {
  user("alice");
  settle();
  ScheduleView jobs;
  jobs.next_due_at = clock.now() + minutes(60);
  engine.set_schedule(key("alice"), jobs);
  pass(minutes(31));
  ASSERT_EQ(phase("alice"), Phase::stopped);
  loop.reset();
  clock.advance(minutes(600));
  boot();
  pass(seconds(1));
  EXPECT_EQ(phase("alice"), Phase::running);
}

TEST_F(LoopTest, AControllerThatStartsKnowsWhenToWakeWhom) {
  user("alice");
  settle();
  ScheduleView jobs;
  jobs.next_due_at = clock.now() + minutes(60);
  engine.set_schedule(key("alice"), jobs);
  pass(minutes(31));
  boot();
  pass(minutes(29));
  EXPECT_EQ(phase("alice"), Phase::running);
}

TEST_F(LoopTest, AnImageThatIsLoadedIsNoticedWhateverItsEventSays) {
  store.put_setting("fleet.image", "mosaic/openclaw:later");
  loop->informer().on_settings_changed();
  FakeEngine::PullBehaviour failing;
  failing.failure = "no such host";
  engine.set_pull("mosaic/openclaw:later", failing);
  user("alice");
  pass(seconds(10));
  ASSERT_EQ(reason("alice"), "ImagePullFailed");
  engine.set_image("mosaic/openclaw:later", ImageAvailability::present);
  loop->informer().on_image_changed("");
  settle();
  EXPECT_EQ(phase("alice"), Phase::running);
}

TEST_F(LoopTest, ANewImageReplacesTheContainerAndKeepsTheVolumes) {
  user("alice");
  settle();
  const auto before = engine.containers_of(key("alice")).front().view.id;
  engine.set_image("mosaic/openclaw:next", ImageAvailability::present);
  store.put_setting("fleet.image", "mosaic/openclaw:next");
  loop->informer().on_settings_changed();
  pass(seconds(1));
  ASSERT_EQ(containers("alice"), 1U);
  EXPECT_NE(engine.containers_of(key("alice")).front().view.id, before);
  EXPECT_EQ(engine.call_count(EngineMethod::remove_volumes), 0U);
}

TEST_F(LoopTest, ADeletedRowsContainerIsRemovedAndItsVolumesAreKept) {
  user("alice");
  settle();
  store.delete_agent(key("alice"));
  pass(seconds(60));
  EXPECT_EQ(containers("alice"), 0U);
  EXPECT_FALSE(engine.has_network(key("alice")));
  EXPECT_TRUE(engine.has_volumes(key("alice")));
}

TEST_F(LoopTest, KeysThatNeverHadARowKeepNoDeletedRowWaiting) {
  user("alice");
  settle();
  const auto listings = engine.call_count(EngineMethod::list_agents);
  for (int number = 0; number < 500; ++number)
    loop->change_listener().on_row_changed(key("nobody" + std::to_string(number)),
                                           ChangeUrgency::waiting_user);
  store.delete_agent(key("alice"));
  pass(seconds(4));
  EXPECT_EQ(containers("alice"), 0U);
  EXPECT_LT(engine.call_count(EngineMethod::list_agents) - listings, 20U);
}

TEST_F(LoopTest, AnActionWhoseAnswerWasLostOutdatesWhatWasSeenBeforeIt) {
  user("alice");
  pass(seconds(1));
  engine.freeze_view();
  clock.advance(milliseconds(10));
  engine.set_term_delay(key("alice"), minutes(1));
  engine.fail_next(EngineMethod::terminate, EngineErrorKind::unavailable, 1,
                   FaultMoment::after_effect);
  store.set_desired_state(key("alice"), DesiredState::stopped);
  pass(minutes(2));
  EXPECT_EQ(engine.call_count(EngineMethod::terminate), 1U);
  EXPECT_EQ(engine.call_count(EngineMethod::kill), 0U) << "decided on a picture of before TERM";
  EXPECT_GT(silent.stale, 0);
}

TEST_F(LoopTest, AUserWhoseRowTheDatabaseLostGetsANewAgentAtOnce) {
  AgentRow row = user("alice");
  settle();
  store.lose_agent(key("alice"));
  row.key = key("alice-again");
  store.put_agent(row);
  pass(seconds(10));
  EXPECT_EQ(phase("alice-again"), Phase::running);
  EXPECT_EQ(containers("alice"), 0U);
}

TEST_F(LoopTest, ALostRowKeepsItsContainer) {
  user("alice");
  settle();
  store.lose_agent(key("alice"));
  loop->informer().request_resync();
  pass(minutes(30));
  EXPECT_EQ(containers("alice"), 1U);
}

TEST_F(LoopTest, ARowThatAnOldSnapshotMissedIsNotTakenForItsOwnSuccessor) {
  user("alice");
  settle();
  const AgentRow row = *store.find_agent(key("alice"));
  store.lose_agent(key("alice"));
  bool back = false;
  store.set_fault_hook([&](std::string_view operation, StoreMoment moment) {
    if (operation != "was_deleted" || moment != StoreMoment::after) return;
    store.set_fault_hook({});
    store.put_agent(row);
    back = true;
  });
  loop->informer().request_resync();
  pass(minutes(2));
  EXPECT_TRUE(back) << "nobody asked whether it was deleted";
  EXPECT_EQ(engine.call_count(EngineMethod::terminate), 0U);
  EXPECT_EQ(containers("alice"), 1U);
}

TEST_F(LoopTest, AHelperThatAKilledControllerLeftIsRemovedByItsSuccessor) {
  engine.leave_helper_behind();
  boot();
  settle();
  EXPECT_EQ(engine.leftover_helpers(), 0);
  // The killed controller's call took effect only after its successor had looked.
  engine.leave_helper_behind();
  pass(minutes(1));
  EXPECT_EQ(engine.leftover_helpers(), 0);
}

TEST_F(LoopTest, APurgeTakesEverything) {
  user("alice");
  settle();
  store.request_deletion(key("alice"), true, clock.now());
  pass(seconds(60));
  EXPECT_FALSE(store.find_agent(key("alice")));
  EXPECT_EQ(containers("alice"), 0U);
  EXPECT_FALSE(engine.has_volumes(key("alice")));
}

TEST_F(LoopTest, AUserWhoComesBackUnderANewRowGetsTheNameAndTheState) {
  user("alice");
  settle();
  store.delete_agent(key("alice"));
  AgentRow again = last_row;
  again.key.name = "alice-2";
  again.last_active_at = clock.now();
  store.put_agent(again);
  pass(minutes(2));
  EXPECT_EQ(phase("alice-2"), Phase::running);
  EXPECT_EQ(containers("alice"), 0U);
}

TEST_F(LoopTest, AForeignContainerUnderOurNameIsNeverTouched) {
  const std::string foreign = engine.add_container("mosaic-user-alice", "");
  user("alice");
  pass(minutes(2));
  EXPECT_EQ(reason("alice"), "NameTaken");
  EXPECT_TRUE(engine.touched_foreign().empty());
}

TEST_F(LoopTest, OneAgentThatCannotStartDoesNotKeepOthersWaiting) {
  user("poison");
  engine.set_exit_on_start(key("poison"), 1);
  pass(seconds(1));
  for (int i = 0; i < 10; ++i) user("user" + std::to_string(i));
  pass(seconds(5));
  for (int i = 0; i < 10; ++i) EXPECT_EQ(phase("user" + std::to_string(i)), Phase::running);
}

TEST_F(LoopTest, WithoutTheLeaseNoCallIsMadeAndNoRowIsWritten) {
  user("alice");
  settle();
  clock.advance(seconds(20));
  const auto writes = store.status_writes();
  engine.forget_calls();
  store.touch(key("alice"), clock.now());
  engine.human_removes(key("alice"));
  settle();
  EXPECT_TRUE(engine.calls().empty());
  EXPECT_EQ(store.status_writes(), writes);
}

}  // namespace
}  // namespace mosaic
