#include "reconcilers/failure_plan.hpp"

#include <gtest/gtest.h>

namespace mosaic {
namespace {

constexpr TimePoint now{std::chrono::hours(480'000)};

AgentStatus in_phase(Phase phase) {
  AgentStatus status;
  status.phase = phase;
  return status;
}

FailurePlan plan(Phase phase, ActionKind action, EngineErrorKind kind) {
  return plan_failure(in_phase(phase), in_phase(Phase::starting), action, kind, "what to do", now);
}

TEST(FailurePlan, AnUnreachableEngineSaysNothingAboutAnAgentThatRan) {
  for (const auto phase :
       {Phase::running, Phase::paused, Phase::hibernated, Phase::draining, Phase::stopped}) {
    EXPECT_EQ(plan(phase, ActionKind::none, EngineErrorKind::unavailable).status, in_phase(phase));
  }
}

TEST(FailurePlan, AnAgentThatIsBeingBroughtUpSaysWhatItWaitsFor) {
  const auto waiting =
      plan(Phase::waiting, ActionKind::create_container, EngineErrorKind::unavailable);
  EXPECT_EQ(find_condition(waiting.status, condition::ready)->reason, "EngineUnreachable");
  EXPECT_FALSE(waiting.requeue_after) << "the queue's back-off decides";
}

TEST(FailurePlan, WhatOnlyAPersonCanMendIsLookedAtAgainSlowly) {
  for (const auto& [kind, reason] :
       {std::pair{EngineErrorKind::subnets_exhausted, "SubnetsExhausted"},
        std::pair{EngineErrorKind::disk_full, "DiskFull"},
        std::pair{EngineErrorKind::isolation_unavailable, "IsolationUnavailable"}}) {
    const auto waiting = plan(Phase::waiting, ActionKind::ensure_network, kind);
    EXPECT_EQ(find_condition(waiting.status, condition::ready)->reason, reason);
    EXPECT_EQ(waiting.status.last_error, "what to do");
    EXPECT_EQ(waiting.requeue_after, std::chrono::seconds(30));
  }
}

TEST(FailurePlan, AMovedWorldIsObservedAnew) {
  for (const auto kind : {EngineErrorKind::conflict, EngineErrorKind::not_found}) {
    const auto failure = plan(Phase::running, ActionKind::start, kind);
    EXPECT_EQ(failure.status, in_phase(Phase::running));
    EXPECT_FALSE(failure.requeue_after);
  }
}

TEST(FailurePlan, AStartThatTheEngineRefusesCountsAsACrash) {
  const auto failure = plan(Phase::waiting, ActionKind::start, EngineErrorKind::failed);
  EXPECT_EQ(failure.status.restart_count, 1);
  EXPECT_EQ(failure.status.phase, Phase::failed);
  EXPECT_EQ(failure.status.next_retry_at, now + std::chrono::seconds(10));
}

TEST(FailurePlan, AFailedPauseLeavesTheStatusAsItWas) {
  EXPECT_EQ(plan(Phase::running, ActionKind::pause, EngineErrorKind::failed).status,
            in_phase(Phase::running));
}

TEST(FailurePlan, WhoeverWaitsInLineStaysAsleepAsDeepAsItIs) {
  EXPECT_EQ(plan_waiting(in_phase(Phase::hibernated), "WaitingForMemory", "m", now).status.phase,
            Phase::hibernated);
  EXPECT_EQ(plan_waiting(in_phase(Phase::stopped), "WaitingForMemory", "m", now).status.phase,
            Phase::waiting);
}

}  // namespace
}  // namespace mosaic
