#include "reconcilers/agent_plan.hpp"

#include <gtest/gtest.h>

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
    observed.volumes_exist = false;
  }
};

// --- bringing up ---

TEST_F(PlanTest, BuildsUpFromNothingOneThingAtATime) {
  nothing_exists();
  EXPECT_EQ(plan().action, ActionKind::ensure_volumes);
  observed.volumes_exist = true;
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
  EXPECT_EQ(start.status.config_hash, "config-1");
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

TEST_F(PlanTest, AnOutdatedContainerIsReplacedOnItsNextWake) {
  container(ContainerState::exited).spec_hash = "older";
  row.status.phase = Phase::stopped;
  EXPECT_EQ(plan().action, ActionKind::remove_container);
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

TEST_F(PlanTest, AChangedConfigurationRestartsAnAgentBetweenTurns) {
  running();
  wanted.config = "config-2";
  EXPECT_EQ(plan().action, ActionKind::terminate);
  EXPECT_EQ(ready_reason(), "ConfigurationChanged");
}

TEST_F(PlanTest, NeverRestartsInTheMiddleOfATurn) {
  running();
  row.busy_until = now + seconds(30);
  for (const bool change_spec : {false, true}) {
    wanted.config = change_spec ? "config-1" : "config-2";
    wanted.spec = change_spec ? "spec-2" : "spec-1";
    EXPECT_EQ(plan().action, ActionKind::none);
    EXPECT_EQ(plan().status.phase, Phase::draining);
    EXPECT_EQ(plan().requeue_after, seconds(30));
  }
}

TEST_F(PlanTest, DrainingHasALimit) {
  running();
  row.busy_until = now + minutes(60);
  wanted.config = "config-2";
  row.status = plan().status;
  now += settings.drain_limit;
  row.last_active_at = now;
  EXPECT_EQ(plan().action, ActionKind::terminate);
}

TEST_F(PlanTest, ARestartIsDoneOnce) {
  running();
  row.restarted_at = now;
  EXPECT_EQ(plan().action, ActionKind::terminate);
  observed.container->started_at = now + seconds(1);
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
  wanted.config = "config-2";
  EXPECT_EQ(plan().action, ActionKind::start);
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
  observed.volumes_exist = false;
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
