// When a right that stands is looked at again, step by step: the clock, the workers and the loop are the test's.
#include "api/standing_rights.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "api/standing_right.hpp"
#include "test/api/gateway_doubles.hpp"
#include "test/fakes/fake_clock.hpp"

namespace mosaic::test {
namespace {

class CountingGatekeeper final : public Gatekeeper {
 public:
  std::variant<Caller, Response> admit(const Request& request, const AccessRule&) override {
    ++looks;
    last_body = request.body;
    if (store_away) throw StoreError("away");
    if (!open) return Response(401, "text/plain", "");
    return Caller();
  }
  std::optional<std::variant<Caller, Response>> admit_remembered(const Request&,
                                                                 const AccessRule&) override {
    return std::nullopt;
  }

  int looks = 0;
  std::string last_body;
  bool open = true;
  bool store_away = false;
};

class RightsThatStand : public testing::Test {
 protected:
  RightsThatStand() { request.body = "a long message"; }

  std::unique_ptr<StandingRight> stand(const std::string& account_id,
                                       StandingRights::Ticket ticket) {
    const StandingRight::Admitted admitted{request, rule, account_id, ticket};
    return std::make_unique<StandingRight>(rights, loop.get_executor(), admitted,
                                           [this] { ++told; });
  }
  std::unique_ptr<StandingRight> stand(const std::string& account_id = "ada") {
    return stand(account_id, rights.ticket());
  }
  void run_loop() {
    loop.restart();
    loop.poll();
  }
  // Until nothing more happens by itself.
  void settle() {
    run_loop();
    while (workers.run_one()) run_loop();
  }
  void pass(Duration time) {
    clock.advance(time);
    rights.tick();
    settle();
  }

  boost::asio::io_context loop{1};
  FakeClock clock;
  ManualExecutor workers;
  CountingGatekeeper gatekeeper;
  StandingRights rights{gatekeeper, clock, workers.executor(), Logger::silent()};
  Request request;
  const AccessRule rule;
  int told = 0;
};

TEST_F(RightsThatStand, AreLookedAtEveryMinuteAndNotBefore) {
  const auto right = stand();
  pass(std::chrono::seconds(59));
  EXPECT_EQ(gatekeeper.looks, 0);
  pass(std::chrono::seconds(1));
  EXPECT_EQ(gatekeeper.looks, 1);
  EXPECT_EQ(gatekeeper.last_body, "") << "a look needs no message, which may be long";
  EXPECT_FALSE(right->lost());
  gatekeeper.open = false;
  pass(std::chrono::seconds(59));
  EXPECT_FALSE(right->lost());
  pass(std::chrono::seconds(1));
  ASSERT_TRUE(right->lost());
  EXPECT_EQ(right->refusal()->status, 401);
  EXPECT_EQ(told, 2);
}

TEST_F(RightsThatStand, AreLookedAtAtOnceWhenTheirAccountChangesAndNobodyElsesIs) {
  const auto of_ada = stand("ada");
  const auto of_bob = stand("bob");
  gatekeeper.open = false;
  rights.on_account_changed("ada");
  EXPECT_TRUE(of_ada->in_doubt()) << "before anything else happens";
  EXPECT_FALSE(of_bob->in_doubt());
  settle();
  EXPECT_TRUE(of_ada->lost());
  EXPECT_FALSE(of_bob->lost());
  rights.on_accounts_missed();
  settle();
  EXPECT_TRUE(of_bob->lost());
  EXPECT_EQ(gatekeeper.looks, 2) << "what is lost is not looked at again";
}

TEST_F(RightsThatStand, AreNotTakenAwayByALookThatNobodyCouldAnswerWhichIsRepeatedSoon) {
  const auto right = stand();
  gatekeeper.store_away = true;
  rights.on_account_changed("ada");
  settle();
  EXPECT_FALSE(right->lost());
  EXPECT_FALSE(right->in_doubt());
  gatekeeper.open = gatekeeper.store_away = false;
  pass(std::chrono::seconds(1));
  EXPECT_TRUE(right->lost());
}

TEST_F(RightsThatStand, AreLookedAtSoonWhenTheWorkersHadNoRoom) {
  const auto right = stand();
  gatekeeper.open = false;
  workers.full = true;
  rights.on_account_changed("ada");
  settle();
  EXPECT_FALSE(right->lost());
  workers.full = false;
  pass(std::chrono::seconds(1));
  EXPECT_TRUE(right->lost());
}

TEST_F(RightsThatStand, MissNoChangeBetweenAdmissionAndTheirBeginning) {
  const auto ticket = rights.ticket();
  gatekeeper.open = false;
  rights.on_account_changed("ada");
  const auto right = stand("ada", ticket);
  EXPECT_TRUE(right->in_doubt());
  settle();
  EXPECT_TRUE(right->lost());
}

// What the look under way was answered may be from before the change.
TEST_F(RightsThatStand, AreLookedAtOnceMoreWhenTheirAccountChangesDuringALook) {
  const auto right = stand();
  rights.on_account_changed("ada");
  run_loop();
  ASSERT_TRUE(workers.run_one());  // answered, and the answer not heard yet
  gatekeeper.open = false;
  rights.on_account_changed("ada");
  run_loop();
  EXPECT_FALSE(right->lost());
  EXPECT_TRUE(right->in_doubt());
  settle();
  EXPECT_TRUE(right->lost());
}

TEST_F(RightsThatStand, MayEndDuringALook) {
  auto right = stand();
  rights.on_account_changed("ada");
  run_loop();
  right.reset();
  settle();
  EXPECT_EQ(gatekeeper.looks, 1);
  EXPECT_EQ(told, 0);
  rights.on_account_changed("ada");
  settle();
  EXPECT_EQ(gatekeeper.looks, 1);
}

}  // namespace
}  // namespace mosaic::test
