#include "cli/lifecycle.hpp"

#include <gtest/gtest.h>

#include "cli/agent_lookup.hpp"
#include "cli/failure.hpp"
#include "test/cli/agent_rows.hpp"
#include "test/fakes/fake_clock.hpp"
#include "test/fakes/fake_store.hpp"

namespace mosaic::cli {
namespace {

using Verb = LifecycleRequest::Verb;

class Lifecycle : public testing::Test {
 protected:
  Lifecycle() {
    store_.put_agent(user_row("c1", "alice"));
    store_.put_agent(system_row("s1", "research"));
  }

  Asked ask_for(Verb verb, const std::string& name = "alice", bool flag = false) {
    LifecycleRequest request;
    request.verb = verb;
    request.name = name;
    request.keep_running = flag;
    request.purge = flag;
    request.token = "enc:next";
    request.node = "n2";
    request.without_state = flag;
    return ask(store_, clock_, request);
  }
  AgentRow alice() { return *store_.find_agent({ResourceKind::user_container, "c1"}); }

  FakeClock clock_;
  FakeStore store_{clock_};
};

TEST_F(Lifecycle, WakeMarksTheAgentAsUsedAndChangesNothingElse) {
  const auto before = alice();
  const Asked asked = ask_for(Verb::wake);
  EXPECT_TRUE(asked.goal);
  EXPECT_EQ(alice().last_active_at, clock_.now());
  EXPECT_EQ(alice().desired_state, DesiredState::automatic);
  EXPECT_EQ(alice().generation, before.generation);
}

TEST_F(Lifecycle, WakeDoesNotUndoAStop) {
  ask_for(Verb::stop);
  EXPECT_EQ(alice().desired_state, DesiredState::stopped);
  EXPECT_THROW(ask_for(Verb::wake), CommandError);
  EXPECT_EQ(alice().desired_state, DesiredState::stopped);
}

TEST_F(Lifecycle, StartUndoesAStop) {
  ask_for(Verb::stop);
  ask_for(Verb::start);
  EXPECT_EQ(alice().desired_state, DesiredState::automatic);
  EXPECT_EQ(alice().last_active_at, clock_.now());
  ask_for(Verb::start, "alice", true);
  EXPECT_EQ(alice().desired_state, DesiredState::running);
}

TEST_F(Lifecycle, RestartOfASleepingAgentHasNothingToWaitFor) {
  EXPECT_FALSE(ask_for(Verb::restart).goal);
  EXPECT_EQ(alice().restarted_at, clock_.now());
}

TEST_F(Lifecycle, AnotherTokenWaitsForTheContainerThatGetsIt) {
  const auto before = alice();
  EXPECT_FALSE(ask_for(Verb::rotate_token).goal) << "it sleeps";
  EXPECT_EQ(alice().next_gateway_token, "enc:next");
  EXPECT_EQ(alice().gateway_token, before.gateway_token);
  AgentStatus running;
  running.phase = Phase::running;
  store_.write_status(before.key, running, store_.lease().term);
  EXPECT_TRUE(ask_for(Verb::rotate_token).goal);
}

TEST_F(Lifecycle, AMoveIsReachedOnceTheRowSaysSoAndFailsWithItsReason) {
  const Asked asked = ask_for(Verb::move);
  EXPECT_EQ(alice().move_to_node, "n2");
  EXPECT_FALSE(alice().move_without_state);
  ASSERT_TRUE(asked.goal);
  EXPECT_EQ((*asked.goal)(alice()), Progress::waiting);
  AgentStatus status = alice().status;
  const auto tell = [&](const std::string& reason) {
    status.observed_generation = alice().generation;
    set_condition(status, std::string(condition::moving), ConditionStatus::no, reason,
                  "there is no node n2", clock_.now());
    store_.write_status(asked.key, status, store_.lease().term);
    store_.end_move(asked.key, "n2", store_.lease().term);
  };
  tell("Moved");
  EXPECT_EQ((*asked.goal)(alice()), Progress::reached);
  ask_for(Verb::move, "alice", true);
  EXPECT_TRUE(alice().move_without_state);
  tell("MoveRefused");
  EXPECT_THROW((*asked.goal)(alice()), CommandError);
}

TEST_F(Lifecycle, DeletionKeepsVolumesUnlessPurgeIsAskedFor) {
  ask_for(Verb::remove);
  EXPECT_TRUE(alice().deletion_requested_at);
  EXPECT_FALSE(alice().purge);
  ask_for(Verb::remove, "alice", true);
  EXPECT_TRUE(alice().purge);
}

TEST_F(Lifecycle, NothingIsAskedOfAnAgentThatIsBeingDeleted) {
  ask_for(Verb::remove);
  EXPECT_THROW(ask_for(Verb::wake), CommandError);
  EXPECT_THROW(ask_for(Verb::start), CommandError);
}

TEST_F(Lifecycle, FindsAnAgentByIdOwnerOrContainerName) {
  for (const char* name : {"c1", "alice", "mosaic-user-alice"}) {
    EXPECT_EQ(find_agent_row(store_, ResourceKind::user_container, name).key.name, "c1") << name;
  }
  EXPECT_THROW(find_agent_row(store_, ResourceKind::user_container, "research"), NotFoundError);
  EXPECT_THROW(find_agent_row(store_, ResourceKind::system_container, "alice"), NotFoundError);
}

TEST_F(Lifecycle, AnIdComesBeforeAnOwnerOfTheSameText) {
  store_.put_agent(user_row("alice", "carol"));
  EXPECT_EQ(find_agent_row(store_, ResourceKind::user_container, "alice").owner, "carol");
}

}  // namespace
}  // namespace mosaic::cli
