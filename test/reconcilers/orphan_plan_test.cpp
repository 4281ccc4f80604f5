#include "reconcilers/orphan_plan.hpp"

#include <gtest/gtest.h>

namespace mosaic {
namespace {

using std::chrono::seconds;

class OrphanPlanTest : public testing::Test {
 protected:
  OrphanPlanTest() {
    input.now = TimePoint(std::chrono::hours(480'000));
    input.first_seen = input.now;
    input.was_deleted = true;
  }
  ContainerView& add(const std::string& id, ContainerState state,
                     const std::string& name = "mosaic-user-a") {
    ContainerView view;
    view.id = id;
    view.name = name;
    view.state = state;
    input.containers.push_back(view);
    return input.containers.back();
  }
  OrphanPlan plan() const { return plan_orphan(input); }
  OrphanInput input;
};

TEST_F(OrphanPlanTest, ADeletedRowsContainerEndsInOrderAndGoesWithItsNetwork) {
  input.networks = {"mosaic-net"};
  add("1", ContainerState::running);
  EXPECT_EQ(plan().action, OrphanAction::terminate);
  input.terminated_at = input.now;
  EXPECT_EQ(plan().requeue_after, input.stop_grace);
  input.now += input.stop_grace;
  EXPECT_EQ(plan().action, OrphanAction::kill);
  input.containers[0].state = ContainerState::exited;
  EXPECT_EQ(plan().action, OrphanAction::remove_container);
  input.containers.clear();
  EXPECT_EQ(plan().action, OrphanAction::remove_network);
  EXPECT_EQ(plan().target, "mosaic-net");
  input.networks.clear();
  EXPECT_EQ(plan().action, OrphanAction::none);
  EXPECT_FALSE(plan().requeue_after);
}

TEST_F(OrphanPlanTest, WhatIsListedAsRunningLongAfterItWasKilledIsRemovedUnlessTheEngineRefuses) {
  add("1", ContainerState::running);
  input.terminated_at = input.now - input.stop_grace;
  EXPECT_EQ(plan().action, OrphanAction::kill);
  input.killed = "1";
  input.killed_at = input.now;
  EXPECT_EQ(plan().action, OrphanAction::none);
  EXPECT_EQ(plan().requeue_after, kill_patience);
  input.now += kill_patience;
  EXPECT_EQ(plan().action, OrphanAction::remove_container);
  input.containers[0].id = "2";
  EXPECT_EQ(plan().action, OrphanAction::kill) << "another one was not killed yet";
}

TEST_F(OrphanPlanTest, ARowThatWasLostRatherThanDeletedKeepsItsContainerForLong) {
  input.was_deleted = false;
  add("1", ContainerState::running);
  EXPECT_EQ(plan().action, OrphanAction::none);
  EXPECT_EQ(plan().requeue_after, lost_row_grace);
  input.now += lost_row_grace;
  EXPECT_EQ(plan().action, OrphanAction::terminate);
}

TEST_F(OrphanPlanTest, ALostRowsContainerMakesWayForTheRowThatTookItsPlace) {
  input.was_deleted = false;
  input.replaced = true;
  add("1", ContainerState::running);
  EXPECT_EQ(plan().action, OrphanAction::terminate);
}

TEST_F(OrphanPlanTest, APresentRowsOnlyContainerIsNeverTouched) {
  input.row_exists = true;
  input.was_deleted = false;
  add("1", ContainerState::exited, "any-name");
  EXPECT_EQ(plan().action, OrphanAction::none);
  EXPECT_FALSE(plan().requeue_after);
}

TEST_F(OrphanPlanTest, OfTwoContainersTheOneWithTheRowsNameStays) {
  input.row_exists = true;
  input.container_name = "right";
  add("1", ContainerState::running, "wrong");
  add("2", ContainerState::exited, "right");
  EXPECT_EQ(plan().action, OrphanAction::kill);
  EXPECT_EQ(plan().target, "1");
  input.containers[0].state = ContainerState::exited;
  EXPECT_EQ(plan().action, OrphanAction::remove_container);
  EXPECT_EQ(plan().target, "1");
}

TEST_F(OrphanPlanTest, TheChoiceDoesNotDependOnTheOrderOfTheListing) {
  input.row_exists = true;
  input.container_name = "x";
  add("1", ContainerState::exited, "b");
  add("2", ContainerState::exited, "c");
  const std::string target = plan().target;
  std::swap(input.containers[0], input.containers[1]);
  EXPECT_EQ(plan().target, target);
}

TEST_F(OrphanPlanTest, AnOrphanWithoutAPlaceIsWithdrawnBeforeItFindsOne) {
  add("1", ContainerState::placing);
  EXPECT_EQ(plan().action, OrphanAction::terminate);
}

TEST_F(OrphanPlanTest, AFrozenOrphanThawsToEndInOrder) {
  add("1", ContainerState::paused);
  EXPECT_EQ(plan().action, OrphanAction::unpause);
}

}  // namespace
}  // namespace mosaic
