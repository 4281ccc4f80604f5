#include "reconcilers/shared_listing.hpp"

#include <gtest/gtest.h>

#include "test/fakes/fake_clock.hpp"
#include "test/fakes/fake_engine.hpp"

namespace mosaic {
namespace {

using Answer = SharedListing::Answer;

class SharedListingTest : public testing::Test {
 protected:
  static ResourceKey key(const std::string& name) {
    return ResourceKey(ResourceKind::user_container, name);
  }
  Answer ask(const std::string& name) {
    return listing.ask(key(name), listing.last_begun()).answer;
  }
  void give_network(const std::string& name) {
    AgentIdentity identity;
    identity.key = key(name);
    identity.owner = name;
    identity.container_name = "mosaic-user-" + name;
    identity.instance = "instance-of-the-test";
    engine.ensure_network(identity);
  }
  std::size_t listings() const { return engine.call_count(EngineMethod::list_agents); }

  FakeClock clock;
  FakeEngine engine{clock, "instance-of-the-test"};
  SharedListing listing{clock, engine};
};

TEST_F(SharedListingTest, TenThousandQuestionsAtOnceTakeTwoListings) {
  std::vector<std::uint64_t> asked(10'000);
  for (auto& before : asked) {
    before = listing.last_begun();
    listing.ask(key("nobody"), before);
  }
  EXPECT_EQ(listings(), 1U);
  clock.advance(SharedListing::at_most_every);
  for (const auto before : asked)
    EXPECT_EQ(listing.ask(key("nobody"), before).answer, Answer::nothing);
  EXPECT_EQ(listings(), 2U);
}

TEST_F(SharedListingTest, OneQuestionIsAnsweredAtOnce) {
  give_network("alice");
  EXPECT_EQ(ask("alice"), Answer::something);
  clock.advance(SharedListing::at_most_every);
  EXPECT_EQ(ask("bob"), Answer::nothing);
}

TEST_F(SharedListingTest, AListingFromBeforeTheQuestionProvesNoAbsence) {
  EXPECT_EQ(ask("bob"), Answer::nothing);
  give_network("alice");
  const auto before = listing.last_begun();
  const auto early = listing.ask(key("alice"), before);
  EXPECT_EQ(early.answer, Answer::ask_again);
  EXPECT_GT(early.ask_again_in, Duration::zero());
  clock.advance(early.ask_again_in);
  EXPECT_EQ(listing.ask(key("alice"), before).answer, Answer::something);
}

TEST_F(SharedListingTest, AFailedListingSaysNothingOfAnybody) {
  engine.fail_next(EngineMethod::list_networks, EngineErrorKind::unavailable);
  EXPECT_THROW(ask("alice"), EngineError);
  EXPECT_EQ(ask("alice"), Answer::ask_again);
  clock.advance(SharedListing::at_most_every);
  EXPECT_EQ(ask("alice"), Answer::nothing);
}

}  // namespace
}  // namespace mosaic
