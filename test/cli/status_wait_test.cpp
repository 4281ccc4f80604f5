#include "cli/status_wait.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <sstream>

#include "cli/failure.hpp"
#include "test/cli/agent_rows.hpp"
#include "test/fakes/fake_clock.hpp"
#include "test/fakes/fake_store.hpp"

namespace mosaic::cli {
namespace {

using namespace std::chrono_literals;

class StatusWaiting : public testing::Test {
 protected:
  StatusWaiting() {
    store_.put_agent(user_row("c1", "alice"));
    term_ = *store_.acquire_lease("me", 1h, "");
  }

  // The row goes through these phases, one a poll; then it stays.
  void wait(const StatusGoal& goal, std::deque<Phase> phases, Duration limit = 5s) {
    StatusWait wait;
    wait.limit = limit;
    wait.pause = [this, phases = std::move(phases)](Duration duration) mutable {
      clock_.advance(duration);
      if (phases.empty()) return;
      write(phases.front());
      phases.pop_front();
    };
    wait_for_status(store_, clock_, key_, "alice", goal, wait, progress_);
  }

  void write(Phase phase) {
    AgentStatus status;
    status.phase = phase;
    status.observed_generation = 1;
    if (phase == Phase::failed) status.last_error = "the image is missing";
    store_.write_status(key_, status, term_);
  }

  const ResourceKey key_{ResourceKind::user_container, "c1"};
  FakeClock clock_;
  FakeStore store_{clock_};
  Term term_ = 0;
  std::ostringstream progress_;
};

TEST_F(StatusWaiting, EndsWhenTheAgentIsReadyAndPrintsEachPhase) {
  wait(running_goal(1), {Phase::pulling, Phase::starting, Phase::starting, Phase::running});
  const std::string text = progress_.str();
  EXPECT_LT(text.find("stopped"), text.find("pulling"));
  EXPECT_LT(text.find("pulling"), text.find("starting"));
  EXPECT_NE(text.find("running"), std::string::npos);
  EXPECT_EQ(text.find("starting"), text.rfind("starting")) << "a phase is printed once";
}

TEST_F(StatusWaiting, DoesNotTakeAnOlderGenerationsStatusForAnAnswer) {
  EXPECT_THROW(wait(running_goal(2), {Phase::running}), WaitTimeoutError);
}

TEST_F(StatusWaiting, GivesUpAtTheLimitAndSaysWhereItIs) {
  try {
    wait(running_goal(1), {Phase::starting}, 2s);
    FAIL();
  } catch (const WaitTimeoutError& error) {
    EXPECT_EQ(error.code(), ExitCode::timeout);
    EXPECT_NE(std::string(error.what()).find("it is starting"), std::string::npos) << error.what();
  }
}

TEST_F(StatusWaiting, FailsWithTheRowsReason) {
  try {
    wait(running_goal(1), {Phase::starting, Phase::failed});
    FAIL();
  } catch (const WaitTimeoutError&) {
    FAIL() << "waited although it had failed";
  } catch (const CommandError& error) {
    EXPECT_NE(std::string(error.what()).find("the image is missing"), std::string::npos)
        << error.what();
  }
}

TEST_F(StatusWaiting, AnOldFailureMayBeOvercome) {
  write(Phase::failed);
  wait(running_goal(1), {Phase::failed, Phase::starting, Phase::running});
}

TEST_F(StatusWaiting, AnOldFailureThatStaysIsAFailure) {
  write(Phase::failed);
  EXPECT_THROW(wait(running_goal(1), {}, 1min), CommandError);
}

TEST_F(StatusWaiting, ADeletionIsDoneWhenTheRowIsGone) {
  store_.request_deletion(key_, false, clock_.now());
  StatusWait wait;
  wait.pause = [this](Duration) {
    if (const auto row = store_.find_agent(key_))
      store_.finish_deletion(key_, row->generation, term_);
  };
  wait_for_status(store_, clock_, key_, "alice", gone_goal(), wait, progress_);
  EXPECT_NE(progress_.str().find("gone"), std::string::npos);
}

}  // namespace
}  // namespace mosaic::cli
