#include "controller/leader_elector.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "controller/fenced_driver.hpp"
#include "controller/reconciler.hpp"
#include "test/fakes/fake_clock.hpp"
#include "test/fakes/fake_engine.hpp"
#include "test/fakes/fake_store.hpp"

namespace mosaic {
namespace {

using std::chrono::seconds;

class LeaderElectorTest : public testing::Test {
 protected:
  LeaderElector::Callbacks callbacks() {
    return {[this](Term) { ++gains; }, [this] { ++losses; },
            [this](const std::string&) { ++database_failures; }};
  }
  FakeClock clock;
  FakeStore store{clock};
  int gains = 0;
  int losses = 0;
  int database_failures = 0;
  LeaderElector first{clock, store, "first", LeaseSettings{}, callbacks()};
  LeaderElector second{clock, store, "second", LeaseSettings{}, callbacks()};
};

TEST_F(LeaderElectorTest, OnlyOneLeads) {
  first.tick();
  second.tick();
  EXPECT_TRUE(first.term());
  EXPECT_FALSE(second.term());
}

TEST_F(LeaderElectorTest, TrustEndsBeforeTheLeaseDoes) {
  first.tick();
  clock.advance(seconds(13));
  EXPECT_TRUE(first.term());
  clock.advance(seconds(1));
  EXPECT_FALSE(first.term());
  second.tick();
  EXPECT_FALSE(second.term()) << "the lease itself is held for another second";
}

TEST(LeaseSettings, AreRenewedTwiceBeforeTheyCouldEnd) {
  const LeaseSettings settings = LeaseSettings::lasting(seconds(3));
  EXPECT_EQ(settings.time_to_live, seconds(3));
  EXPECT_LE(2 * settings.renew_every, settings.time_to_live - settings.margin);
  EXPECT_EQ(LeaseSettings::lasting(seconds(15)).renew_every, seconds(5));
}

TEST_F(LeaderElectorTest, RenewalExtendsTrustUnderTheSameTerm) {
  first.tick();
  const auto term = first.term();
  for (int i = 0; i < 10; ++i) {
    clock.advance(seconds(5));
    first.tick();
  }
  EXPECT_EQ(first.term(), term);
}

TEST_F(LeaderElectorTest, ASuccessorHasAHigherTerm) {
  first.tick();
  const Term old_term = *first.term();
  clock.advance(seconds(16));
  second.tick();
  ASSERT_TRUE(second.term());
  EXPECT_GT(*second.term(), old_term);
  first.tick();
  EXPECT_FALSE(first.term());
  EXPECT_EQ(losses, 1);
}

TEST_F(LeaderElectorTest, AnUnansweredRenewalCostsTrustOnlyWhenItRunsOut) {
  first.tick();
  store.fail_next(100);
  clock.advance(seconds(5));
  first.tick();
  EXPECT_TRUE(first.term());
  clock.advance(seconds(10));
  first.tick();
  EXPECT_FALSE(first.term());
  EXPECT_EQ(losses, 1);
  EXPECT_EQ(database_failures, 2);
}

TEST_F(LeaderElectorTest, StoppingReleasesTheLeaseAtOnce) {
  first.tick();
  first.stop();
  second.tick();
  EXPECT_TRUE(second.term());
}

TEST_F(LeaderElectorTest, ADeadHolderOnThisMachineIsReplacedAtOnce) {
  int pipe_ends[2];
  ASSERT_EQ(pipe(pipe_ends), 0);
  const pid_t child = fork();
  if (child == 0) {
    const std::string holder = this_process_as_holder();
    const bool written =
        write(pipe_ends[1], holder.data(), holder.size()) == static_cast<ssize_t>(holder.size());
    _exit(written ? 0 : 1);
  }
  close(pipe_ends[1]);
  char text[512];
  const ssize_t size = read(pipe_ends[0], text, sizeof text);
  close(pipe_ends[0]);
  ASSERT_GT(size, 0);
  const std::string holder(text, static_cast<std::size_t>(size));
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(holder_is_dead(holder));
  EXPECT_FALSE(holder_is_dead(this_process_as_holder()));

  LeaderElector killed(clock, store, holder, LeaseSettings{}, {});
  killed.tick();
  ASSERT_TRUE(killed.term());
  second.tick();
  EXPECT_TRUE(second.term());
}

TEST(HolderIsDead, OnlyWhatIsCertainCounts) {
  EXPECT_FALSE(holder_is_dead(""));
  EXPECT_FALSE(holder_is_dead("host:1:2:another-boot:4026531836"));
  EXPECT_FALSE(holder_is_dead("host:::::"));
  EXPECT_FALSE(holder_is_dead("first"));
}

TEST_F(LeaderElectorTest, NoEngineCallBeginsWithoutTrust) {
  FakeEngine engine(clock, store.instance_id());
  FencedDriver fenced(engine, first);
  EXPECT_THROW(fenced.list_agents(), LeadershipLost);
  first.tick();
  EXPECT_NO_THROW(fenced.list_agents());
  clock.advance(seconds(14));
  engine.forget_calls();
  EXPECT_THROW(fenced.kill("x"), LeadershipLost);
  EXPECT_TRUE(engine.calls().empty());
}

}  // namespace
}  // namespace mosaic
