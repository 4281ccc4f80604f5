#include "reconcilers/sleep_budget.hpp"

#include <gtest/gtest.h>

namespace mosaic {
namespace {

using std::chrono::minutes;

constexpr TimePoint now{std::chrono::hours(480'000)};

ResourceKey key(int number) {
  return ResourceKey(ResourceKind::user_container, std::to_string(number));
}

// Used `number` minutes ago; asleep since then.
Sleeper sleeper(int number, std::int64_t memory_mb = 1000) {
  return Sleeper{key(number), now - minutes(number), now - minutes(number), memory_mb, false};
}

SleepConditions everything_allowed() {
  SleepConditions conditions;
  conditions.settings.pause = true;
  conditions.settings.hibernate = true;
  conditions.can_pause = true;
  conditions.can_hibernate = true;
  return conditions;
}

TEST(SleepBudget, WithNothingAllowedIdleMeansStopped) {
  const auto depths = assign_depths({sleeper(1)}, SleepConditions{}, now);
  EXPECT_EQ(depths.at(key(1)).depth, SleepDepth::stopped);
}

TEST(SleepBudget, TheLeastRecentlyUsedSleepDeepest) {
  SleepConditions conditions = everything_allowed();
  conditions.settings.paused_memory_mb = 2000;
  conditions.settings.hibernated_swap_mb = 1000;
  const auto depths =
      assign_depths({sleeper(4), sleeper(2), sleeper(1), sleeper(3)}, conditions, now);
  EXPECT_EQ(depths.at(key(1)).depth, SleepDepth::paused);
  EXPECT_EQ(depths.at(key(2)).depth, SleepDepth::paused);
  EXPECT_EQ(depths.at(key(3)).depth, SleepDepth::hibernated);
  EXPECT_EQ(depths.at(key(4)).depth, SleepDepth::stopped);
}

TEST(SleepBudget, WhatCannotBeDoneHereIsNotAllowedAndSaidSo) {
  SleepConditions conditions = everything_allowed();
  conditions.settings.pause = false;
  conditions.can_hibernate = false;
  conditions.hibernate_reason = "this host has no swap";
  const auto allowance = assign_depths({sleeper(1)}, conditions, now).at(key(1));
  EXPECT_EQ(allowance.depth, SleepDepth::stopped);
  EXPECT_NE(allowance.reason.find("no swap"), std::string::npos);
}

TEST(SleepBudget, TimeAloneDeepensSleepAndIsAnnounced) {
  SleepConditions conditions = everything_allowed();
  conditions.settings.hibernate_after = minutes(10);
  conditions.settings.stop_after = minutes(60);
  const auto depths = assign_depths({sleeper(5), sleeper(20), sleeper(90)}, conditions, now);
  EXPECT_EQ(depths.at(key(5)).depth, SleepDepth::paused);
  EXPECT_EQ(depths.at(key(5)).review_at, now + minutes(5));
  EXPECT_EQ(depths.at(key(20)).depth, SleepDepth::hibernated);
  EXPECT_EQ(depths.at(key(20)).review_at, now + minutes(40));
  EXPECT_EQ(depths.at(key(90)).depth, SleepDepth::stopped);
}

TEST(SleepBudget, AHibernatedAgentIsNotMadeLighterAndHoldsNoPausedMemory) {
  SleepConditions conditions = everything_allowed();
  conditions.settings.paused_memory_mb = 1000;
  Sleeper deep = sleeper(1);
  deep.hibernated = true;
  const auto depths = assign_depths({deep, sleeper(2)}, conditions, now);
  EXPECT_EQ(depths.at(key(1)).depth, SleepDepth::hibernated);
  EXPECT_EQ(depths.at(key(2)).depth, SleepDepth::paused);
}

TEST(SleepBudget, WhoeverWaitsForMemoryGetsThatOfTheLeastRecentlyUsed) {
  SleepConditions conditions = everything_allowed();
  conditions.pressure_mb = 1500;
  const auto depths = assign_depths({sleeper(1), sleeper(2), sleeper(3)}, conditions, now);
  EXPECT_EQ(depths.at(key(1)).depth, SleepDepth::paused);
  EXPECT_EQ(depths.at(key(2)).depth, SleepDepth::hibernated);
  EXPECT_EQ(depths.at(key(3)).depth, SleepDepth::hibernated);
}

TEST(SleepBudget, NamesThoseWhoMustGoDeeperOnce) {
  SleepBudget budget;
  SleepConditions conditions = everything_allowed();
  conditions.settings.paused_memory_mb = 1000;
  budget.set_conditions(conditions);
  EXPECT_EQ(budget.allowance(sleeper(2), now).depth, SleepDepth::paused);
  EXPECT_TRUE(budget.deepened(now).empty());
  EXPECT_EQ(budget.allowance(sleeper(1), now).depth, SleepDepth::paused);
  EXPECT_EQ(budget.deepened(now), std::vector{key(2)});
  EXPECT_TRUE(budget.deepened(now).empty());
  budget.forget(key(1));
  EXPECT_EQ(budget.allowance(sleeper(2), now).depth, SleepDepth::paused);
}

}  // namespace
}  // namespace mosaic
