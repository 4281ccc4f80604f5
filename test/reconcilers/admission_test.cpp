#include "reconcilers/admission.hpp"

#include <gtest/gtest.h>

namespace mosaic {
namespace {

using std::chrono::seconds;

ResourceKey key(int number) {
  return ResourceKey(ResourceKind::user_container, std::to_string(number));
}

class AdmissionTest : public testing::Test {
 protected:
  AdmissionTest() { admission.set_memory_budget(4000); }
  TimePoint now{};
  Admission admission{8, seconds(30)};
};

TEST_F(AdmissionTest, GrantsUpToTheBudgetAndNotBeyond) {
  EXPECT_EQ(admission.admit(key(1), 1500, false, now), Admittance::granted);
  EXPECT_EQ(admission.admit(key(2), 1500, false, now), Admittance::granted);
  EXPECT_EQ(admission.admit(key(3), 1500, false, now), Admittance::no_memory);
  EXPECT_EQ(admission.memory_held_mb(), 3000);
  EXPECT_EQ(admission.wanted_memory_mb(), 500);
}

TEST_F(AdmissionTest, GrantsNoMorePlacesThanAnAdminAllows) {
  admission.set_agent_limit(2);
  EXPECT_EQ(admission.admit(key(1), 100, false, now), Admittance::granted);
  EXPECT_EQ(admission.admit(key(2), 100, false, now), Admittance::granted);
  EXPECT_EQ(admission.admit(key(3), 100, true, now), Admittance::too_many_agents);
  EXPECT_EQ(admission.admit(key(2), 100, false, now), Admittance::granted);
  EXPECT_EQ(admission.wanted_memory_mb(), 1);  // a sleeper should give its place away
  EXPECT_TRUE(admission.take_waiting(now).empty());
  admission.release(key(1));
  EXPECT_EQ(admission.take_waiting(now), std::vector{key(3)});
  EXPECT_EQ(admission.admit(key(3), 100, true, now), Admittance::granted);
  admission.set_agent_limit(1);  // those that run go on
  EXPECT_EQ(admission.admit(key(2), 100, false, now), Admittance::granted);
  EXPECT_EQ(admission.admit(key(4), 100, false, now), Admittance::too_many_agents);
}

TEST_F(AdmissionTest, AHolderIsNotChargedTwice) {
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(admission.admit(key(1), 1500, true, now), Admittance::granted);
  EXPECT_EQ(admission.memory_held_mb(), 1500);
}

TEST_F(AdmissionTest, WhoeverWaitsIsNamedWhenThereIsRoom) {
  admission.hold(key(1), 3000);
  EXPECT_EQ(admission.admit(key(2), 1500, true, now), Admittance::no_memory);
  EXPECT_TRUE(admission.take_waiting(now).empty());
  admission.release(key(1));
  EXPECT_EQ(admission.take_waiting(now), std::vector{key(2)});
  EXPECT_TRUE(admission.take_waiting(now).empty());
}

TEST_F(AdmissionTest, TheLineIsFirstComeFirstServed) {
  admission.hold(key(1), 4000);
  for (int i = 2; i < 6; ++i)
    EXPECT_EQ(admission.admit(key(i), 1000, false, now), Admittance::no_memory);
  admission.hold(key(1), 2000);
  EXPECT_EQ(admission.take_waiting(now), (std::vector{key(2), key(3)}));
}

TEST_F(AdmissionTest, ALargeAgentAtTheHeadIsNotStarvedBySmallOnes) {
  admission.hold(key(1), 3500);
  EXPECT_EQ(admission.admit(key(2), 2000, false, now), Admittance::no_memory);
  EXPECT_EQ(admission.admit(key(3), 600, false, now), Admittance::no_memory);
  EXPECT_TRUE(admission.take_waiting(now).empty());
}

TEST_F(AdmissionTest, StartsGoSlowlyAtFirstFasterWithSuccessAndSlowerWithFailure) {
  admission.set_memory_budget(1'000'000);
  EXPECT_EQ(admission.concurrency(), 4);
  for (int i = 0; i < 4; ++i)
    EXPECT_EQ(admission.admit(key(i), 10, true, now), Admittance::granted);
  EXPECT_EQ(admission.admit(key(9), 10, true, now), Admittance::no_start_slot);
  admission.start_ended(key(0), true);
  EXPECT_EQ(admission.concurrency(), 8);
  EXPECT_EQ(admission.admit(key(9), 10, true, now), Admittance::granted);
  for (int i = 1; i < 4; ++i) admission.start_ended(key(i), false);
  EXPECT_EQ(admission.concurrency(), 1);
}

TEST_F(AdmissionTest, AHangingStartGivesItsSlotBackInTheEnd) {
  Admission one(1, seconds(30));
  one.set_memory_budget(1000);
  EXPECT_EQ(one.admit(key(1), 10, true, now), Admittance::granted);
  EXPECT_EQ(one.admit(key(2), 10, true, now), Admittance::no_start_slot);
  now += seconds(30);
  EXPECT_EQ(one.take_waiting(now), std::vector{key(2)});
  EXPECT_EQ(one.admit(key(2), 10, true, now), Admittance::granted);
}

TEST_F(AdmissionTest, AListingReplacesWhatWasBelievedButNotAFreshGrant) {
  admission.hold(key(1), 3000);
  EXPECT_EQ(admission.admit(key(2), 500, true, now), Admittance::granted);
  admission.reset_holders({{key(3), 100}});
  EXPECT_EQ(admission.memory_held_mb(), 600);
}

}  // namespace
}  // namespace mosaic
