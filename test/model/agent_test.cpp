#include "model/agent.hpp"

#include <gtest/gtest.h>

namespace mosaic {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;

TEST(ResourceKey, TextIsReadBackAsTheSameKey) {
  for (const auto kind :
       {ResourceKind::user_container, ResourceKind::system_container, ResourceKind::orphan}) {
    const ResourceKey key(kind, "c1/with/slashes");
    EXPECT_EQ(parse_resource_key(to_string(key)), key);
  }
}

TEST(ResourceKey, AnythingElseIsNoKey) {
  for (const auto* text : {"", "user", "user/", "pod/c1", "/c1"})
    EXPECT_FALSE(parse_resource_key(text)) << text;
}

TEST(AgentStatus, EveryPhaseHasAWordThatIsReadBack) {
  for (const auto phase : {Phase::stopped, Phase::waiting, Phase::pulling, Phase::starting,
                           Phase::running, Phase::draining, Phase::stopping, Phase::paused,
                           Phase::hibernated, Phase::failed, Phase::deleting}) {
    EXPECT_EQ(parse_phase(to_string(phase)), phase);
  }
}

TEST(AgentStatus, SeedClientsSeeOneOfTheirFourWords) {
  EXPECT_EQ(seed_status(Phase::running), "running");
  EXPECT_EQ(seed_status(Phase::draining), "running");
  EXPECT_EQ(seed_status(Phase::pulling), "starting");
  EXPECT_EQ(seed_status(Phase::hibernated), "stopped");
  EXPECT_EQ(seed_status(Phase::failed), "error");
}

TEST(Condition, TransitionTimeMovesOnlyWithTheStatus) {
  AgentStatus status;
  set_condition(status, "Ready", ConditionStatus::no, "Starting", "boots",
                TimePoint(milliseconds(1)));
  set_condition(status, "Ready", ConditionStatus::no, "CrashLoopBackOff", "ended",
                TimePoint(milliseconds(2)));
  EXPECT_EQ(find_condition(status, "Ready")->last_transition, TimePoint(milliseconds(1)));
  EXPECT_EQ(find_condition(status, "Ready")->reason, "CrashLoopBackOff");
  set_condition(status, "Ready", ConditionStatus::yes, "Ready", "answers",
                TimePoint(milliseconds(3)));
  EXPECT_EQ(find_condition(status, "Ready")->last_transition, TimePoint(milliseconds(3)));
}

TEST(Condition, OnePerTypeOrderedByType) {
  AgentStatus status;
  for (const auto* type : {"Sleep", "Ready", "Sleep", "Isolated"}) {
    set_condition(status, type, ConditionStatus::yes, "R", "m", TimePoint{});
  }
  ASSERT_EQ(status.conditions.size(), 3U);
  EXPECT_EQ(status.conditions[0].type, "Isolated");
  EXPECT_EQ(status.conditions[2].type, "Sleep");
  EXPECT_EQ(find_condition(status, "Absent"), nullptr);
}

TEST(Clock, TimesAreWrittenInUtcWithMilliseconds) {
  EXPECT_EQ(to_iso8601(TimePoint(milliseconds(1'767'225'600'007))), "2026-01-01T00:00:00.007Z");
}

TEST(Clock, DurationsReadLikeSpeech) {
  EXPECT_EQ(to_human(milliseconds(240)), "240 ms");
  EXPECT_EQ(to_human(milliseconds(9420)), "9.4 s");
  EXPECT_EQ(to_human(minutes(12)), "12 min");
  EXPECT_EQ(to_human(minutes(300)), "5 h");
}

}  // namespace
}  // namespace mosaic
