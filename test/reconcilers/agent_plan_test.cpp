#include "reconcilers/agent_plan.hpp"

#include <gtest/gtest.h>

#include "model/boot_exit.hpp"
#include "reconcilers/failure_plan.hpp"
#include "test/reconcilers/plan_fixture.hpp"

namespace mosaic {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

class PlanTest : public testing::Test, protected PlanFixture {
 protected:
  void nothing_exists() {
    observed.container.reset();
    observed.network_exists = false;
    observed.volumes = VolumePresence::none;
  }
};

// --- bringing up ---

TEST_F(PlanTest, BuildsUpFromNothingOneThingAtATime) {
  nothing_exists();
  EXPECT_EQ(plan().action, ActionKind::ensure_volumes);
  observed.volumes = VolumePresence::all;
  EXPECT_EQ(plan().action, ActionKind::ensure_network);
  observed.network_exists = true;
  EXPECT_EQ(plan().action, ActionKind::create_container);
  container(ContainerState::created);
  const Plan start = plan();
  EXPECT_EQ(start.action, ActionKind::start);
  EXPECT_TRUE(start.needs_memory);
  EXPECT_TRUE(start.needs_start_slot);
}

TEST_F(PlanTest, PutsTheConfigHashOnRecordBeforeTheProcessCanFetch) {
  container(ContainerState::created);
  const Plan start = plan();
  EXPECT_EQ(start.write, StatusWrite::before_action);
  EXPECT_EQ(start.status.config_hash, "boot-1.live-1@1") << "and of which settings it is";
  EXPECT_EQ(start.status.phase, Phase::starting);
}

TEST_F(PlanTest, PullsAnImageThatIsNotThere) {
  nothing_exists();
  observed.image = ImageView{ImageAvailability::absent, 0, {}, {}};
  EXPECT_EQ(plan().action, ActionKind::begin_pull);
  EXPECT_EQ(plan().status.phase, Phase::pulling);
}

TEST_F(PlanTest, ShowsThePullsProgress) {
  nothing_exists();
  observed.image = ImageView{ImageAvailability::pulling, 42, "layer 3 of 7", now};
  const Plan pulling = plan();
  EXPECT_EQ(pulling.action, ActionKind::none);
  EXPECT_EQ(find_condition(pulling.status, condition::ready)->message, "42 % layer 3 of 7");
}

TEST_F(PlanTest, AFailedPullIsTriedAgainAfterAMinute) {
  nothing_exists();
  observed.image = ImageView{ImageAvailability::failed, 0, "no such image", now - seconds(59)};
  EXPECT_EQ(plan().action, ActionKind::none);
  EXPECT_EQ(ready_reason(), "ImagePullFailed");
  EXPECT_EQ(plan().requeue_after, seconds(1));
  observed.image.changed_at = now - seconds(60);
  EXPECT_EQ(plan().action, ActionKind::begin_pull);
}

TEST_F(PlanTest, StartsASleepingContainerWithoutCreatingItAnew) {
  container(ContainerState::exited);
  row.status.phase = Phase::stopped;
  row.status.last_exit_at = observed.container->finished_at;
  EXPECT_EQ(plan().action, ActionKind::start);
}

TEST_F(PlanTest, AnAgentWithoutAPlaceWaitsWithTheEnginesOwnWordsAndIsNoCrash) {
  container(ContainerState::placing).error =
      "no suitable node (scheduling constraints not satisfied on 3 nodes)";
  row.status.phase = Phase::starting;
  const Plan waiting = plan();
  EXPECT_EQ(waiting.action, ActionKind::none);
  EXPECT_EQ(waiting.status.phase, Phase::waiting);
  EXPECT_EQ(waiting.status.restart_count, 0);
  EXPECT_TRUE(waiting.status.endpoint.empty());
  const Condition* ready = find_condition(waiting.status, condition::ready);
  EXPECT_EQ(ready->reason, "WaitingForNode");
  EXPECT_NE(ready->message.find("no suitable node"), std::string::npos);
  EXPECT_TRUE(waiting.requeue_after);
}

TEST_F(PlanTest, AnAgentWithoutAPlaceIsNoLongerAskedForOnceItIsIdle) {
  container(ContainerState::placing);
  idle();
  const Plan withdrawn = plan();
  EXPECT_EQ(withdrawn.action, ActionKind::terminate);
  EXPECT_EQ(withdrawn.write, StatusWrite::before_if_idle);
  row.desired_state = DesiredState::stopped;
  EXPECT_EQ(plan().write, StatusWrite::before_action);
}

TEST_F(PlanTest, AnAgentWithoutAPlaceIsReplacedWhenItsSpecChanges) {
  container(ContainerState::placing).spec_hash = "spec-0";
  EXPECT_EQ(plan().action, ActionKind::terminate);
}

TEST_F(PlanTest, WhereNothingCanBeReloadedAChangedConfigurationIsARestartThatWaitsForTheTurn) {
  running();
  can_reload = false;
  wanted.config = "boot-1.live-2";
  row.busy_until = now + std::chrono::seconds(20);
  EXPECT_EQ(plan().status.phase, Phase::draining);
  row.busy_until.reset();
  EXPECT_EQ(plan().action, ActionKind::terminate);
  EXPECT_EQ(ready_reason(), "ConfigurationChanged");
}

TEST_F(PlanTest, WhatTheEngineDoesNotPutAroundAnAgentIsSaidOnItUntilAnEngineDoes) {
  running();
  EXPECT_EQ(find_condition(plan().status, condition::baseline), nullptr);
  baseline_gaps = "no seccomp profile";
  row.status = plan().status;
  const Condition* said = find_condition(row.status, condition::baseline);
  ASSERT_NE(said, nullptr);
  EXPECT_EQ(said->status, ConditionStatus::no);
  EXPECT_EQ(said->message, "no seccomp profile");
  baseline_gaps.clear();
  const AgentStatus mended = plan().status;
  EXPECT_EQ(find_condition(mended, condition::baseline)->status, ConditionStatus::yes);
}

TEST_F(PlanTest, DeletionWithdrawsAnAgentWithoutAPlaceFirst) {
  container(ContainerState::placing);
  row.deletion_requested_at = now;
  EXPECT_EQ(plan().action, ActionKind::terminate);
}

TEST_F(PlanTest, AnOutdatedContainerIsReplacedOnItsNextWake) {
  container(ContainerState::exited).spec_hash = "older";
  row.status.phase = Phase::stopped;
  EXPECT_EQ(plan().action, ActionKind::remove_container);
}

TEST_F(PlanTest, AContainerWithTheNextTokenIsNotStartedBeforeTheRowSaysSo) {
  container(ContainerState::created);
  row.status.phase = Phase::stopped;
  row.next_gateway_token = "enc:next";
  EXPECT_EQ(plan().action, ActionKind::install_token);
  row.next_gateway_token.clear();
  EXPECT_EQ(plan().action, ActionKind::start);
}

TEST_F(PlanTest, ATokenOfASleepingAgentIsReplacedWithoutWakingIt) {
  container(ContainerState::exited).spec_hash = "with the token before";
  idle();
  row.next_gateway_token = "enc:next";
  row.status.phase = Phase::stopping;
  const Plan told = plan();
  EXPECT_EQ(told.action, ActionKind::none) << "first the row says that nothing runs";
  EXPECT_EQ(told.status.phase, Phase::stopped);
  EXPECT_TRUE(told.requeue_after);
  row.status = told.status;
  EXPECT_EQ(plan().action, ActionKind::remove_container);
  observed.container.reset();
  EXPECT_EQ(plan().action, ActionKind::install_token);
  row.next_gateway_token.clear();
  EXPECT_EQ(plan().action, ActionKind::none);
}

TEST_F(PlanTest, ATokenThatWaitsDoesNotLetAProcessSleepFrozen) {
  running();
  idle();
  sleep.depth = SleepDepth::paused;
  EXPECT_EQ(plan().action, ActionKind::pause);
  row.next_gateway_token = "enc:next";
  wanted.spec = "spec with the next token";
  EXPECT_EQ(plan().action, ActionKind::terminate);
  container(ContainerState::paused).spec_hash = "spec-1";
  row.status.phase = Phase::paused;
  EXPECT_EQ(plan().action, ActionKind::unpause);
  EXPECT_EQ(plan().status.phase, Phase::stopping);
}

TEST_F(PlanTest, AMoveIsLookedAtFirstAndRefusedWithoutStoppingAnybody) {
  running();
  row.move_to_node = "n2";
  EXPECT_EQ(plan().action, ActionKind::look_at_move);
  move = MoveView{now, MoveStage::impossible, false, "there is no node n2"};
  const Plan refused = plan();
  EXPECT_EQ(refused.action, ActionKind::end_move);
  EXPECT_EQ(refused.write, StatusWrite::before_action) << "first the row says why";
  EXPECT_EQ(moving_reason(refused.status), "MoveRefused");
  EXPECT_EQ(refused.status.phase, Phase::running);
}

TEST_F(PlanTest, AMoveWaitsForTheRunningTurnAndStopsTheAgentThen) {
  running();
  row.move_to_node = "n2";
  row.busy_until = now + seconds(20);
  move = MoveView{now, MoveStage::away, false, "its state is on n1"};
  EXPECT_EQ(plan().action, ActionKind::none);
  EXPECT_EQ(plan().status.phase, Phase::draining);
  row.busy_until.reset();
  EXPECT_EQ(plan().action, ActionKind::terminate);
  container(ContainerState::exited);
  EXPECT_EQ(plan().action, ActionKind::remove_container);
  observed.container.reset();
  observed.network_exists = false;
  EXPECT_EQ(plan().action, ActionKind::ensure_network);
  observed.network_exists = true;
  EXPECT_EQ(plan().action, ActionKind::begin_copy);
}

TEST_F(PlanTest, NothingRunsUntilACopyIsCompleteAndTheWishIsGone) {
  row.move_to_node = "n2";
  observed.copy_under_way = true;
  move = MoveView{now, MoveStage::copying, false, "from n1 to n2"};
  EXPECT_EQ(plan().action, ActionKind::none);
  EXPECT_EQ(plan().status.phase, Phase::waiting);
  EXPECT_EQ(ready_reason(), "Moving");
  move->stage = MoveStage::copied;
  EXPECT_EQ(plan().action, ActionKind::keep_copy);
  move->stage = MoveStage::there;
  observed.copy_under_way = false;
  EXPECT_EQ(plan().action, ActionKind::end_move);
  EXPECT_EQ(moving_reason(plan().status), "Moved");
  row.move_to_node.clear();
  EXPECT_EQ(plan().action, ActionKind::create_container) << "awake as before";
}

TEST_F(PlanTest, AFailedCopyEndsTheMoveAndIsGivenUpBeforeAnythingElse) {
  row.move_to_node = "n2";
  observed.copy_under_way = true;
  move = MoveView{now, MoveStage::failed, false, "the disk of the other node is full"};
  EXPECT_EQ(plan().action, ActionKind::end_move);
  EXPECT_EQ(moving_reason(plan().status), "MoveFailed");
  row.move_to_node.clear();
  EXPECT_EQ(plan().action, ActionKind::give_up_copy);
  idle();
  EXPECT_EQ(plan().action, ActionKind::give_up_copy);
  row.deletion_requested_at = now;
  observed.network_exists = false;
  EXPECT_EQ(plan().action, ActionKind::give_up_copy);
}

TEST_F(PlanTest, AWishToGoElsewhereOrBackGivesUpTheCopyThatIsUnderWay) {
  row.move_to_node = "n1";
  observed.copy_under_way = true;
  move = MoveView{now, MoveStage::astray, false, ""};
  EXPECT_EQ(plan().action, ActionKind::give_up_copy);
}

TEST_F(PlanTest, LifeGoesOnWhileTheNodeOfTheStateIsAwayUnlessItIsLeftBehind) {
  container(ContainerState::placing);
  row.status.phase = Phase::waiting;
  row.move_to_node = "n2";
  move = MoveView{now, MoveStage::waiting, true, "its state is on n1, which does not answer"};
  EXPECT_EQ(plan().action, ActionKind::none);
  EXPECT_EQ(ready_reason(), "WaitingForNode");
  EXPECT_EQ(moving_reason(plan().status), "WaitingForNode");
  EXPECT_TRUE(plan().requeue_after);
  row.move_without_state = true;
  EXPECT_EQ(plan().action, ActionKind::terminate);
  observed.container.reset();
  EXPECT_EQ(plan().action, ActionKind::leave_state);
  EXPECT_EQ(plan().write, StatusWrite::before_action);
  move->source_lost = false;
  EXPECT_NE(plan().action, ActionKind::leave_state) << "within reach, it is never left";
}

TEST_F(PlanTest, AContainerWhoseNetworkWasRemovedIsReplaced) {
  container(ContainerState::exited);
  row.status.phase = Phase::stopped;
  observed.network_exists = false;
  EXPECT_EQ(plan().action, ActionKind::remove_container);
}

TEST_F(PlanTest, AnAgentThatCannotBeConfiguredIsNotStarted) {
  nothing_exists();
  wanted.problem = "add a provider with an API key in the settings";
  EXPECT_EQ(plan().action, ActionKind::none);
  EXPECT_EQ(plan().status.phase, Phase::failed);
  EXPECT_EQ(ready_reason(), "ConfigurationInvalid");
}

// --- running ---

TEST_F(PlanTest, LeavesAReadyAgentAloneUntilItsIdleDeadline) {
  running();
  const Plan settled = plan();
  EXPECT_EQ(settled.action, ActionKind::none);
  EXPECT_EQ(settled.status, row.status);
  EXPECT_EQ(settled.requeue_after, minutes(29));
  EXPECT_TRUE(settled.probe);
}

TEST_F(PlanTest, ReadyMeansThatTheGatewayAnsweredNotThatTheProcessRuns) {
  container(ContainerState::running).started_at = now - seconds(2);
  row.status.phase = Phase::starting;
  row.status.config_hash = wanted.config;
  health.health = Health::starting;
  EXPECT_EQ(plan().status.phase, Phase::starting);
  EXPECT_TRUE(plan().probe);
  health.health = Health::ready;
  health.ready_at = now;
  EXPECT_EQ(plan().status.phase, Phase::running);
  EXPECT_EQ(plan().status.start_duration_ms, 2000);
}

TEST_F(PlanTest, AStartThatTakesTooLongIsEndedAndCounted) {
  container(ContainerState::running).started_at = now - minutes(3);
  row.status.phase = Phase::starting;
  row.status.config_hash = wanted.config;
  health.health = Health::starting;
  health.watched_since = now - minutes(3);
  const Plan late = plan();
  EXPECT_EQ(late.action, ActionKind::terminate);
  EXPECT_EQ(late.status.restart_count, 1);
}

TEST_F(PlanTest, AGatewayThatStopsAnsweringIsRestarted) {
  running();
  health.health = Health::failing;
  const Plan failing = plan();
  EXPECT_EQ(failing.action, ActionKind::terminate);
  EXPECT_EQ(failing.write, StatusWrite::before_action);
  EXPECT_EQ(failing.status.restart_count, 1);
  EXPECT_EQ(ready_reason(), "LivenessFailed");
}

TEST_F(PlanTest, AControllersOwnRestartDoesNotMakeAReadyAgentUnready) {
  running();
  health = HealthView{};
  EXPECT_EQ(plan().status.phase, Phase::running);
  health.health = Health::starting;
  health.watched_since = now;
  health.failures = 3;
  EXPECT_EQ(plan().status.phase, Phase::running);
  health.watched_since = now - seconds(30);
  EXPECT_EQ(plan().action, ActionKind::terminate);
}

TEST_F(PlanTest, AnAgentWhoseNetworkWasTakenAwayIsReplaced) {
  running();
  observed.container->attached = false;
  observed.container->endpoint.clear();
  EXPECT_EQ(plan().action, ActionKind::terminate);
  EXPECT_EQ(ready_reason(), "NetworkLost");
}

TEST_F(PlanTest, CrashesAreForgottenAfterTenMinutesOfRunning) {
  running();
  row.status.restart_count = 3;
  row.status.ready_at = now - minutes(9);
  EXPECT_EQ(plan().status.restart_count, 3);
  EXPECT_EQ(plan().requeue_after, minutes(1));
  row.status.ready_at = now - minutes(10);
  EXPECT_EQ(plan().status.restart_count, 0);
}

// --- roll-out ---

TEST_F(PlanTest, AChangeThatNeedsABootRestartsAnAgentBetweenTurns) {
  running();
  wanted.config = "boot-2.live-1";
  EXPECT_EQ(plan().action, ActionKind::terminate);
  EXPECT_EQ(ready_reason(), "ConfigurationChanged");
}

TEST_F(PlanTest, NeverRestartsInTheMiddleOfATurn) {
  running();
  row.busy_until = now + seconds(30);
  for (const bool change_spec : {false, true}) {
    wanted.config = change_spec ? "boot-1.live-1" : "boot-2.live-1";
    wanted.spec = change_spec ? "spec-2" : "spec-1";
    EXPECT_EQ(plan().action, ActionKind::none);
    EXPECT_EQ(plan().status.phase, Phase::draining);
    EXPECT_EQ(plan().requeue_after, seconds(30));
  }
}

TEST_F(PlanTest, DrainingHasALimit) {
  running();
  row.busy_until = now + minutes(60);
  wanted.config = "boot-2.live-1";
  row.status = plan().status;
  now += settings.drain_limit;
  row.last_active_at = now;
  EXPECT_EQ(plan().action, ActionKind::terminate);
}

TEST_F(PlanTest, ARestartIsDoneOnce) {
  running();
  row.restarted_at = now;
  EXPECT_EQ(plan().action, ActionKind::terminate);
  observed.container->started_at = row.status.started_at = now + seconds(1);
  row.status.ready_at = now + seconds(2);
  EXPECT_EQ(plan().action, ActionKind::none);
}

TEST_F(PlanTest, AnInvalidNewConfigurationDoesNotStopARunningAgent) {
  running();
  wanted.problem = "the provider has no key";
  wanted.config.clear();
  EXPECT_EQ(plan().action, ActionKind::none);
  EXPECT_EQ(plan().status.phase, Phase::running);
  const AgentStatus status = plan().status;
  EXPECT_EQ(find_condition(status, condition::configuration)->status, ConditionStatus::no);
}

// --- changes that are applied while the process runs ---

TEST_F(PlanTest, AChangeThatCanBeTakenWhileRunningIsReloaded) {
  running();
  wanted.config = "boot-1.live-2";
  const Plan reload = plan();
  EXPECT_EQ(reload.action, ActionKind::reload);
  EXPECT_EQ(reload.status.config_hash, "boot-1.live-2");
  EXPECT_EQ(reload.status.phase, Phase::running);
  EXPECT_EQ(find_condition(reload.status, condition::configuration)->reason, "Reloaded");
  row.status = reload.status;
  EXPECT_EQ(plan().action, ActionKind::none);
  EXPECT_EQ(plan().status, row.status);
}

TEST_F(PlanTest, AReloadDoesNotWaitForTurnsNorDisturbThem) {
  running();
  wanted.config = "boot-1.live-2";
  row.busy_until = now + seconds(30);
  EXPECT_EQ(plan().action, ActionKind::reload);
  EXPECT_EQ(plan().status.phase, Phase::running);
}

// What the process has is unknown from the moment a reload may have happened.
TEST_F(PlanTest, AReloadThatMayHaveHappenedIsRepeatedEvenWhenTheSettingsAreBack) {
  running();
  wanted.config = "boot-1.live-2";
  const Plan reload = plan();
  ASSERT_EQ(reload.write, StatusWrite::around_action);
  ASSERT_TRUE(reload.intention);
  EXPECT_EQ(reload.intention->config_hash, "boot-1.?0");
  row.status = *reload.intention;  // the controller dies here
  wanted.config = "boot-1.live-1";
  EXPECT_EQ(plan().action, ActionKind::reload);
  EXPECT_EQ(plan().status.config_hash, "boot-1.live-1");
}

// The same settings again say nothing of what they were while it read them.
TEST_F(PlanTest, WhatAProcessHasReadIsKnownOnceItAnswersAndTheSettingsHaveNotMoved) {
  container(ContainerState::running).started_at = now - seconds(2);
  row.status.phase = Phase::starting;
  row.status.config_hash = "boot-1.live-1@1";
  health.health = Health::starting;
  EXPECT_EQ(plan().status.config_hash, "boot-1.live-1@1");
  health.health = Health::ready;
  health.ready_at = now;
  EXPECT_EQ(plan().action, ActionKind::none);
  EXPECT_EQ(plan().status.phase, Phase::running);
  EXPECT_EQ(plan().status.config_hash, "boot-1.live-1");
  EXPECT_TRUE(plan().vouches_for_settings);
  wanted.version = "3";
  EXPECT_EQ(plan().action, ActionKind::reload);
  EXPECT_EQ(plan().intention->config_hash, "boot-1.?0");
  EXPECT_TRUE(plan().vouches_for_settings);
  can_reload = false;
  EXPECT_EQ(plan().action, ActionKind::terminate);
}

TEST_F(PlanTest, WhatIsKnownToHaveBeenReadIsNotDoubtedWhenTheSettingsMoveAndAreTheSame) {
  running();
  wanted.version = "3";
  EXPECT_EQ(plan().action, ActionKind::none);
  EXPECT_EQ(plan().status, row.status);
  EXPECT_FALSE(plan().vouches_for_settings);
}

// It has read what the settings were at a time that nobody knows.
TEST_F(PlanTest, AProcessThatSomebodyElseStartedIsReloadedOnce) {
  running();
  observed.container->started_at = now - seconds(10);
  const Plan reload = plan();
  EXPECT_EQ(reload.action, ActionKind::reload);
  row.status = reload.status;
  EXPECT_EQ(plan().action, ActionKind::none);
}

TEST_F(PlanTest, AReloadThatFailsAgainAndAgainBecomesARestart) {
  running();
  wanted.config = "boot-1.live-2";
  for (int failures = 1; failures <= 2; ++failures) {
    const Plan reload = plan();
    ASSERT_EQ(reload.action, ActionKind::reload);
    const FailurePlan failed = plan_failure(*reload.intention, reload.status, reload.action,
                                            EngineErrorKind::failed, "not taken", now);
    EXPECT_EQ(find_condition(failed.status, condition::configuration)->reason, "ReloadFailed");
    EXPECT_EQ(failed.status.phase, Phase::running) << "it goes on with what it has";
    EXPECT_TRUE(failed.requeue_after);
    row.status = failed.status;
  }
  row.busy_until = now + seconds(30);
  EXPECT_EQ(plan().status.phase, Phase::draining);
  row.busy_until.reset();
  EXPECT_EQ(plan().action, ActionKind::terminate);
  container(ContainerState::exited);
  EXPECT_EQ(plan().status.config_hash, "boot-1.live-2@1");
}

TEST_F(PlanTest, AnApiThatDoesNotAnswerIsNoReasonForARestart) {
  running();
  wanted.config = "boot-1.live-2";
  const Plan reload = plan();
  const FailurePlan failed = plan_failure(*reload.intention, reload.status, reload.action,
                                          EngineErrorKind::unavailable, "no answer", now);
  EXPECT_EQ(failed.status, *reload.intention);
  EXPECT_FALSE(failed.requeue_after) << "the queue's back-off decides";
}

TEST_F(PlanTest, AnAgentThatBootsIsNotReloadedBeforeItsGatewayAnswers) {
  container(ContainerState::running).started_at = now - seconds(2);
  row.status.phase = Phase::starting;
  row.status.config_hash = "boot-1.live-0";
  health.health = Health::starting;
  EXPECT_EQ(plan().action, ActionKind::none);
  EXPECT_EQ(plan().status.phase, Phase::starting);
  health.health = Health::ready;
  health.ready_at = now;
  EXPECT_EQ(plan().action, ActionKind::reload) << "and before it counts as ready";
  EXPECT_EQ(plan().status.phase, Phase::starting);
}

TEST_F(PlanTest, APausedAgentTakesItsConfigurationWhenItWakes) {
  running();
  container(ContainerState::paused);
  row.status.phase = Phase::paused;
  wanted.config = "boot-1.live-2";
  EXPECT_EQ(plan().action, ActionKind::unpause);
  row.status = plan().status;
  container(ContainerState::running);
  EXPECT_EQ(plan().action, ActionKind::reload);
  row.status = plan().status;
  EXPECT_EQ(plan().action, ActionKind::none);
  EXPECT_EQ(plan().status.phase, Phase::running);
}

TEST_F(PlanTest, ASleepingAgentIsNotWokenForAConfiguration) {
  running();
  idle();
  container(ContainerState::paused);
  row.status.phase = Phase::paused;
  sleep.depth = SleepDepth::paused;
  wanted.config = "boot-1.live-2";
  EXPECT_EQ(plan().action, ActionKind::none);
  EXPECT_EQ(plan().status.phase, Phase::paused);
}

// --- an agent's own scheduled jobs ---

class ScheduleTest : public PlanTest {
 protected:
  void jobs_due_in(Duration away) {
    schedule = ScheduleView{};
    schedule->next_due_at = now + away;
  }
  // As it fell asleep with that due time on record.
  void asleep_with_job_in(Duration away, Phase phase = Phase::stopped) {
    running();
    idle();
    row.status.phase = phase;
    row.status.next_due_at = now + away;
    row.status.start_duration_ms = 10'000;
    container(phase == Phase::stopped ? ContainerState::exited : ContainerState::paused);
    row.status.last_exit_at = observed.container->finished_at;
    sleep.depth = phase == Phase::stopped ? SleepDepth::stopped : SleepDepth::paused;
    schedule.reset();
  }
};

TEST_F(ScheduleTest, JobsAreAskedForBeforeAnAgentSleeps) {
  running();
  idle();
  schedule.reset();
  EXPECT_EQ(plan().action, ActionKind::read_schedule);
  EXPECT_EQ(plan().write, StatusWrite::not_yet);
  jobs_due_in(minutes(60));
  const Plan fall = plan();
  EXPECT_EQ(fall.action, ActionKind::terminate);
  EXPECT_EQ(fall.write, StatusWrite::before_if_idle);
  EXPECT_EQ(fall.status.next_due_at, now + minutes(60));
  EXPECT_EQ(find_condition(fall.status, condition::schedule)->reason, "JobDue");
}

TEST_F(ScheduleTest, AnAgentWithoutJobsSaysNothingOfThem) {
  running();
  idle();
  EXPECT_EQ(plan().action, ActionKind::terminate);
  EXPECT_FALSE(plan().status.next_due_at);
  EXPECT_EQ(find_condition(plan().status, condition::schedule), nullptr);
}

TEST_F(ScheduleTest, AnAgentIsNotPutToSleepShortlyBeforeAJob) {
  running();
  idle();
  jobs_due_in(seconds(20));
  const Plan stay = plan();
  EXPECT_EQ(stay.action, ActionKind::none);
  EXPECT_EQ(stay.status.phase, Phase::running);
  EXPECT_EQ(stay.requeue_after, seconds(40)) << "the job's time, and time to begin it";
}

TEST_F(ScheduleTest, ASleeperIsWokenInTimeForItsJobWithoutPolling) {
  asleep_with_job_in(minutes(60));
  const Plan asleep = plan();
  EXPECT_EQ(asleep.action, ActionKind::none);
  // two boots and a reserve before
  EXPECT_EQ(asleep.requeue_after, minutes(60) - seconds(40));
  row.status = asleep.status;
  now += *asleep.requeue_after;
  const Plan wake = plan();
  EXPECT_EQ(wake.action, ActionKind::start);
  EXPECT_NE(find_condition(wake.status, condition::ready)->message.find("job of its own"),
            std::string::npos);
}

TEST_F(ScheduleTest, AFrozenSleeperIsWokenLater) {
  asleep_with_job_in(minutes(60), Phase::paused);
  EXPECT_EQ(plan().requeue_after, minutes(60) - seconds(10));
  sleep.review_at = now + minutes(5);
  EXPECT_EQ(plan().requeue_after, minutes(5));
  now += minutes(60) - seconds(10);
  EXPECT_EQ(plan().action, ActionKind::unpause);
}

TEST_F(ScheduleTest, AJobThatWasMissedRunsAtOnce) {
  asleep_with_job_in(-minutes(180));
  EXPECT_EQ(plan().action, ActionKind::start);
}

TEST_F(ScheduleTest, ARequestedStopWinsOverAJob) {
  asleep_with_job_in(-seconds(1));
  row.desired_state = DesiredState::stopped;
  EXPECT_EQ(plan().action, ActionKind::none);
  EXPECT_FALSE(plan().requeue_after);
}

TEST_F(ScheduleTest, WhoeverIsStoppedOnRequestIsNotAskedForJobs) {
  running();
  schedule.reset();
  row.desired_state = DesiredState::stopped;
  EXPECT_EQ(plan().action, ActionKind::terminate);
}

TEST_F(ScheduleTest, StaysAwakeWhileAJobRunsAndSleepsWhenItIsOver) {
  asleep_with_job_in(seconds(1));
  running();
  idle();
  row.status.next_due_at = now - seconds(20);
  schedule.reset();
  EXPECT_EQ(plan().action, ActionKind::read_schedule) << "the job's time is over: look";
  schedule = ScheduleView{};
  schedule->running_since = now - seconds(19);
  EXPECT_EQ(plan().action, ActionKind::none);
  EXPECT_EQ(plan().status.phase, Phase::running);
  EXPECT_EQ(plan().requeue_after, seconds(15));
  jobs_due_in(minutes(60));
  EXPECT_EQ(plan().action, ActionKind::terminate);
  EXPECT_EQ(plan().status.next_due_at, now + minutes(60));
}

TEST_F(ScheduleTest, AJobThatNeverEndsOrNeverBeginsHoldsNobodyAwake) {
  running();
  idle();
  schedule->running_since = now - minutes(66);
  EXPECT_EQ(plan().action, ActionKind::terminate);
  schedule = ScheduleView{};
  schedule->next_due_at = now - minutes(9);
  EXPECT_EQ(plan().action, ActionKind::none) << "late, but it may still begin";
  now += minutes(60);
  idle();
  const Plan given_up = plan();
  EXPECT_EQ(given_up.action, ActionKind::terminate);
  EXPECT_FALSE(given_up.status.next_due_at) << "or it would be woken for ever";
  EXPECT_EQ(find_condition(given_up.status, condition::schedule)->reason, "JobMissed");
}

TEST_F(ScheduleTest, WhatCannotBeToldIsSaidAndKeepsNobodyAwake) {
  running();
  idle();
  schedule->known = false;
  schedule->unknown_reason = "its image has no node";
  const Plan fall = plan();
  EXPECT_EQ(fall.action, ActionKind::terminate);
  const Condition* told = find_condition(fall.status, condition::schedule);
  ASSERT_NE(told, nullptr);
  EXPECT_EQ(told->status, ConditionStatus::unknown);
  EXPECT_NE(told->message.find("its image has no node"), std::string::npos);
}

TEST_F(ScheduleTest, JobsThatWaitForAnEventAreSaidToBeAsleepToo) {
  running();
  idle();
  schedule->watchers = 2;
  const AgentStatus status = plan().status;
  const Condition* told = find_condition(status, condition::schedule);
  ASSERT_NE(told, nullptr);
  EXPECT_EQ(told->status, ConditionStatus::no);
  EXPECT_NE(told->message.find("2 jobs wait"), std::string::npos);
}

TEST_F(ScheduleTest, WhoeverUsesTheAgentComesBeforeItsJobs) {
  running();
  row.status.next_due_at = now - minutes(60);
  schedule.reset();
  EXPECT_EQ(plan().action, ActionKind::none);
  EXPECT_EQ(plan().requeue_after, minutes(29));
}

// --- names ---

TEST_F(PlanTest, AnEarlierRowsNameIsLookedAtAgainAtOnce) {
  observed.name_holder = "another";
  EXPECT_EQ(plan().requeue_after, seconds(30));
  observed.held_by_row = ResourceKey(ResourceKind::user_container, "earlier");
  EXPECT_EQ(plan().requeue_after, seconds(1));
}

// --- ends ---

TEST_F(PlanTest, TheFirstUnplannedEndIsRepairedAtOnce) {
  running();
  container(ContainerState::exited).exit_code = 1;
  const Plan repair = plan();
  EXPECT_EQ(repair.action, ActionKind::start);
  EXPECT_EQ(repair.status.restart_count, 1);
  EXPECT_EQ(repair.status.last_exit_at, observed.container->finished_at);
}

TEST_F(PlanTest, FurtherEndsWaitEverLonger) {
  running();
  row.status.restart_count = 1;
  container(ContainerState::exited).exit_code = 1;
  const Plan waiting = plan();
  EXPECT_EQ(waiting.action, ActionKind::none);
  EXPECT_EQ(ready_reason(), "CrashLoopBackOff");
  EXPECT_EQ(waiting.status.next_retry_at, *observed.container->finished_at + seconds(10));
  row.status = waiting.status;
  now = *waiting.status.next_retry_at;
  EXPECT_EQ(plan().action, ActionKind::start);
  EXPECT_EQ(plan().status.restart_count, 2) << "one end is counted once";
}

TEST_F(PlanTest, CrashBackOffDoublesToFiveMinutes) {
  EXPECT_EQ(crash_backoff(1), seconds(0));
  EXPECT_EQ(crash_backoff(2), seconds(10));
  EXPECT_EQ(crash_backoff(3), seconds(20));
  EXPECT_EQ(crash_backoff(6), seconds(160));
  EXPECT_EQ(crash_backoff(7), seconds(300));
  EXPECT_EQ(crash_backoff(1000), seconds(300));
}

TEST_F(PlanTest, ARefusedConfigurationIsTerminalUntilItChanges) {
  running();
  container(ContainerState::exited).exit_code = 78;
  row.status = plan().status;
  EXPECT_EQ(ready_reason(), "ConfigurationRefused");
  now += minutes(60);
  row.last_active_at = now;
  EXPECT_EQ(plan().action, ActionKind::none);
  EXPECT_FALSE(plan().requeue_after);
  wanted.config = "boot-2.live-1";
  EXPECT_EQ(plan().action, ActionKind::start);
}

TEST_F(PlanTest, AnImageThatNothingBootsInIsTerminalUntilItChanges) {
  running();
  container(ContainerState::exited).exit_code = boot_exit::unfit_image;
  row.status = plan().status;
  EXPECT_EQ(ready_reason(), "ImageUnfit");
  EXPECT_FALSE(plan().requeue_after);
  wanted.spec = "spec-2";
  EXPECT_EQ(plan().action, ActionKind::remove_container);
}

// --- a state that another container holds ---

TEST_F(PlanTest, AStateThatAnotherContainerHoldsIsWaitedForWithoutCountingACrash) {
  running();
  container(ContainerState::exited).exit_code = boot_exit::held_by_another;
  const Plan waiting = plan();
  EXPECT_EQ(waiting.action, ActionKind::none);
  EXPECT_EQ(waiting.status.phase, Phase::waiting);
  EXPECT_EQ(ready_reason(), "StateInUse");
  EXPECT_EQ(waiting.status.restart_count, 0);
  EXPECT_EQ(waiting.status.next_retry_at, *observed.container->finished_at + seconds(10));
  ASSERT_NE(find_condition(waiting.status, condition::state), nullptr);
  EXPECT_EQ(find_condition(waiting.status, condition::state)->status, ConditionStatus::no);
  row.status = waiting.status;
  now = *waiting.status.next_retry_at;
  EXPECT_EQ(plan().action, ActionKind::start);
}

TEST_F(PlanTest, TheLongerAStateIsHeldTheRarerItIsAskedForAndNeverGivenUp) {
  running();
  Duration longest{};
  for (int tries = 0; tries < 100; ++tries) {
    container(ContainerState::exited).exit_code = boot_exit::held_by_another;
    row.last_active_at = now;
    row.status = plan().status;
    ASSERT_TRUE(row.status.next_retry_at);
    const Duration pause = *row.status.next_retry_at - *observed.container->finished_at;
    EXPECT_GE(pause, longest);
    longest = pause;
    now = *row.status.next_retry_at;
    row.last_active_at = now;
    ASSERT_EQ(plan().action, ActionKind::start);
    row.status = plan().status;
    now += seconds(25);
  }
  EXPECT_EQ(longest, seconds(300));
  EXPECT_EQ(row.status.restart_count, 0);
}

TEST_F(PlanTest, AStateThatWasGotIsNoLongerWaitedFor) {
  running();
  container(ContainerState::exited).exit_code = boot_exit::held_by_another;
  row.status = plan().status;
  row.status.config_hash = wanted.config + "@" + wanted.version;  // as its start has it on record
  container(ContainerState::running).started_at = now;
  health.ready_at = now;
  const Plan ready = plan();
  EXPECT_EQ(find_condition(ready.status, condition::state)->status, ConditionStatus::yes);
  EXPECT_FALSE(ready.status.next_retry_at);
  EXPECT_EQ(ready.status.last_error, "");
}

TEST_F(PlanTest, AnEndOfAnotherKindAfterAHeldStateIsACrashAgain) {
  running();
  container(ContainerState::exited).exit_code = boot_exit::held_by_another;
  row.status = plan().status;
  row.status.restart_count = 1;
  container(ContainerState::exited).exit_code = 1;
  observed.container->finished_at = now;
  EXPECT_EQ(plan().status.restart_count, 2);
  EXPECT_EQ(ready_reason(), "CrashLoopBackOff");
}

TEST_F(PlanTest, ASleeperForgetsWhoHeldItsState) {
  running();
  container(ContainerState::exited).exit_code = boot_exit::held_by_another;
  row.status = plan().status;
  row.desired_state = DesiredState::stopped;
  const AgentStatus asleep = plan().status;
  EXPECT_EQ(find_condition(asleep, condition::state)->status, ConditionStatus::unknown);
  EXPECT_FALSE(asleep.next_retry_at);
}

TEST_F(PlanTest, ARequestedRestartForgivesWhatFailed) {
  running();
  container(ContainerState::exited).exit_code = 78;
  row.status = plan().status;
  row.restarted_at = now;
  EXPECT_EQ(plan().action, ActionKind::start);
}

TEST_F(PlanTest, OutOfMemorySaysWhatToDo) {
  running();
  container(ContainerState::exited).exit_code = 137;
  observed.container->oom_killed = true;
  EXPECT_NE(plan().status.last_error.find("raise its memory limit"), std::string::npos);
}

TEST_F(PlanTest, AnEndThatWeAskedForIsNoCrash) {
  running();
  idle();
  row.status = plan().status;
  ASSERT_TRUE(row.status.terminated_at);
  container(ContainerState::exited).exit_code = 143;
  EXPECT_EQ(plan().status.phase, Phase::stopped);
  EXPECT_EQ(plan().status.restart_count, 0);
}

TEST_F(PlanTest, AWakeWhileItIsBeingStoppedStartsItAgainAfterwards) {
  running();
  idle();
  row.status = plan().status;
  row.last_active_at = now;
  EXPECT_EQ(plan().action, ActionKind::none);
  EXPECT_EQ(plan().status.phase, Phase::stopping);
  container(ContainerState::exited).exit_code = 0;
  EXPECT_EQ(plan().action, ActionKind::start);
  EXPECT_EQ(plan().status.restart_count, 0);
}

TEST_F(PlanTest, AProcessThatIgnoresTermIsKilledAfterTheGrace) {
  running();
  idle();
  row.status = plan().status;
  now += settings.stop_grace - milliseconds(1);
  EXPECT_EQ(plan().action, ActionKind::none);
  now += milliseconds(1);
  EXPECT_EQ(plan().action, ActionKind::kill);
}

// --- sleep ---

TEST_F(PlanTest, IdleMeansStoppedUnlessLighterSleepIsAllowed) {
  running();
  idle();
  const Plan stop = plan();
  EXPECT_EQ(stop.action, ActionKind::terminate);
  EXPECT_EQ(stop.write, StatusWrite::before_if_idle);
}

TEST_F(PlanTest, KeepsAgentWithOpenStreamPastIdleDeadline) {
  running();
  idle();
  row.busy_until = now + seconds(20);
  EXPECT_EQ(plan().action, ActionKind::none);
  EXPECT_EQ(plan().requeue_after, seconds(20));
}

TEST_F(PlanTest, AnIdleAgentIsPausedWhenThatIsAllowed) {
  running();
  idle();
  sleep.depth = SleepDepth::paused;
  const Plan pause = plan();
  EXPECT_EQ(pause.action, ActionKind::pause);
  EXPECT_EQ(pause.write, StatusWrite::before_if_idle);
  EXPECT_EQ(pause.status.phase, Phase::paused);
}

TEST_F(PlanTest, APausedAgentWakesByUnpausing) {
  running();
  container(ContainerState::paused);
  row.status.phase = Phase::paused;
  const Plan wake = plan();
  EXPECT_EQ(wake.action, ActionKind::unpause);
  EXPECT_FALSE(wake.needs_start_slot);
}

TEST_F(PlanTest, SleepDeepensButNeverBecomesLighter) {
  running();
  idle();
  container(ContainerState::paused);
  row.status.phase = Phase::paused;
  sleep.depth = SleepDepth::hibernated;
  EXPECT_EQ(plan().action, ActionKind::reclaim);
  row.status = plan().status;
  EXPECT_EQ(row.status.phase, Phase::hibernated);
  EXPECT_EQ(plan().action, ActionKind::none);
  sleep.depth = SleepDepth::paused;
  EXPECT_EQ(plan().action, ActionKind::none);
  EXPECT_EQ(plan().status.phase, Phase::hibernated);
  sleep.depth = SleepDepth::stopped;
  EXPECT_EQ(plan().action, ActionKind::unpause);
  EXPECT_EQ(plan().status.phase, Phase::stopping);
}

TEST_F(PlanTest, AThawedAgentThatIsToStopIsTerminated) {
  running();
  idle();
  row.status.phase = Phase::stopping;
  row.status.terminated_at.reset();
  EXPECT_EQ(plan().action, ActionKind::terminate);
}

TEST_F(PlanTest, ABootWhoseNetworkWasTakenAwayIsNotWaitedFor) {
  running();
  row.status.phase = Phase::starting;
  row.status.ready_at.reset();
  health = {};
  observed.container->endpoint.clear();
  observed.container->attached = false;
  idle();
  EXPECT_EQ(plan().action, ActionKind::terminate);
}

TEST_F(PlanTest, ABootIsLetFinishBeforeItSleeps) {
  container(ContainerState::running).started_at = now - seconds(5);
  row.status.phase = Phase::starting;
  row.status.config_hash = wanted.config;
  health.health = Health::starting;
  idle();
  EXPECT_EQ(plan().action, ActionKind::none);
  row.desired_state = DesiredState::stopped;
  EXPECT_EQ(plan().action, ActionKind::terminate);
}

TEST_F(PlanTest, AStopOnRequestWaitsForTheTurn) {
  running();
  row.desired_state = DesiredState::stopped;
  row.busy_until = now + seconds(10);
  EXPECT_EQ(plan().status.phase, Phase::draining);
  row.busy_until.reset();
  EXPECT_EQ(plan().action, ActionKind::terminate);
}

TEST_F(PlanTest, SystemAgentsAreAlwaysOnWhileActive) {
  running();
  row.key.kind = ResourceKind::system_container;
  row.last_active_at.reset();
  EXPECT_EQ(plan().action, ActionKind::none);
  EXPECT_FALSE(plan().requeue_after);
  row.active = false;
  EXPECT_EQ(plan().action, ActionKind::terminate);
  EXPECT_EQ(ready_reason(), "Inactive");
}

TEST_F(PlanTest, ANeverUsedAgentIsNotStarted) {
  nothing_exists();
  row.last_active_at.reset();
  EXPECT_EQ(plan().action, ActionKind::none);
  EXPECT_EQ(plan().status.phase, Phase::stopped);
  EXPECT_EQ(ready_reason(), "NeverUsed");
}

// --- foreign objects, bad rows ---

TEST_F(PlanTest, AForeignContainerUnderOurNameIsLeftAlone) {
  nothing_exists();
  observed.name_holder = "somebody's container 0123456789ab";
  EXPECT_EQ(plan().action, ActionKind::none);
  EXPECT_EQ(ready_reason(), "NameTaken");
  EXPECT_FALSE(plan().suspect);
}

TEST_F(PlanTest, AnotherRowsContainerUnderOurNameIsTheCleanupsBusiness) {
  nothing_exists();
  observed.name_holder = "agent user/c0";
  observed.held_by_row = ResourceKey(ResourceKind::user_container, "c0");
  EXPECT_EQ(plan().action, ActionKind::none);
  EXPECT_EQ(plan().suspect, observed.held_by_row);
}

TEST_F(PlanTest, ANameThatNoEngineTakesIsSaidSo) {
  nothing_exists();
  row.container_name = "bad name";
  EXPECT_EQ(plan().action, ActionKind::none);
  EXPECT_EQ(ready_reason(), "InvalidSpec");
}

// --- deletion ---

TEST_F(PlanTest, DeletionKeepsTheVolumesUnlessAPurgeIsAskedFor) {
  running();
  row.deletion_requested_at = now;
  EXPECT_EQ(plan().action, ActionKind::terminate);
  EXPECT_EQ(plan().status.phase, Phase::deleting);
  row.status = plan().status;
  container(ContainerState::exited);
  EXPECT_EQ(plan().action, ActionKind::remove_container);
  observed.container.reset();
  EXPECT_EQ(plan().action, ActionKind::remove_network);
  observed.network_exists = false;
  EXPECT_EQ(plan().action, ActionKind::finish_deletion);
  row.purge = true;
  EXPECT_EQ(plan().action, ActionKind::remove_volumes);
  observed.volumes = VolumePresence::some;  // a crash between the two
  EXPECT_EQ(plan().action, ActionKind::remove_volumes);
  observed.volumes = VolumePresence::none;
  EXPECT_EQ(plan().action, ActionKind::finish_deletion);
}

TEST_F(PlanTest, APurgeRemovesNoVolumeWhileAContainerIsThere) {
  row.deletion_requested_at = now;
  row.purge = true;
  for (const auto state : {ContainerState::created, ContainerState::running, ContainerState::paused,
                           ContainerState::exited, ContainerState::dead}) {
    container(state);
    EXPECT_NE(plan().action, ActionKind::remove_volumes);
  }
}

}  // namespace
}  // namespace mosaic
