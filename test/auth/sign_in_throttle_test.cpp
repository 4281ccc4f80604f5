#include "api/auth/sign_in_throttle.hpp"

#include <gtest/gtest.h>

#include "test/fakes/fake_clock.hpp"

namespace mosaic {
namespace {

using namespace std::chrono_literals;

TEST(SignInThrottle, DoublesTheWaitAfterAFewFailures) {
  FakeClock clock;
  SignInThrottle throttle(clock);
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(throttle.begin("root", "10.0.0.1"));
  for (const auto expected : {1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s}) {
    EXPECT_EQ(throttle.begin("root", "10.0.0.1"), std::chrono::milliseconds(expected));
    clock.advance(expected);
    EXPECT_FALSE(throttle.begin("root", "10.0.0.1"));
  }
}

TEST(SignInThrottle, AttemptsThatMustWaitDoNotCount) {
  FakeClock clock;
  SignInThrottle throttle(clock);
  for (int i = 0; i < 3; ++i) throttle.begin("root", "10.0.0.1");
  for (int i = 0; i < 100; ++i) EXPECT_EQ(throttle.begin("root", "10.0.0.1"), 1s);
}

TEST(SignInThrottle, AStrangersGuessingKeepsTheOwnerOutForSecondsAtMost) {
  FakeClock clock;
  SignInThrottle throttle(clock);
  for (int i = 0; i < 500; ++i) throttle.begin("root", "10.0.0." + std::to_string(i % 200));
  const auto wait = throttle.begin("root", "192.0.2.1");
  ASSERT_TRUE(wait);
  EXPECT_LE(*wait, 5s);
}

TEST(SignInThrottle, OneAddressTryingManyNamesIsSlowedDown) {
  FakeClock clock;
  SignInThrottle throttle(clock);
  int refused = 0;
  for (int i = 0; i < 100; ++i)
    refused += throttle.begin("u" + std::to_string(i), "10.0.0.1") ? 1 : 0;
  EXPECT_EQ(refused, 75);
  EXPECT_FALSE(throttle.begin("u1", "10.0.0.2"));
}

TEST(SignInThrottle, AllOfOneIpv6NetworkIsOneAddress) {
  FakeClock clock;
  SignInThrottle throttle(clock);
  for (int i = 0; i < 3; ++i) throttle.begin("root", "2001:db8:0:1::" + std::to_string(i));
  EXPECT_TRUE(throttle.begin("root", "2001:db8:0:1:ffff::9"));
  EXPECT_FALSE(throttle.begin("root", "2001:db8:0:2::1"));
}

TEST(SignInThrottle, SuccessForgetsTheAccountsFailures) {
  FakeClock clock;
  SignInThrottle throttle(clock);
  for (int i = 0; i < 3; ++i) throttle.begin("root", "10.0.0.1");
  throttle.succeeded("root", "10.0.0.1");
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(throttle.begin("root", "10.0.0.1"));
  EXPECT_TRUE(throttle.begin("root", "10.0.0.1"));
}

TEST(SignInThrottle, QuietForgets) {
  FakeClock clock;
  SignInThrottle throttle(clock);
  for (int i = 0; i < 10; ++i) {
    throttle.begin("root", "10.0.0.1");
    clock.advance(60s);
  }
  clock.advance(15min);
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(throttle.begin("root", "10.0.0.1"));
  EXPECT_EQ(throttle.begin("root", "10.0.0.1"), 1s);
}

TEST(SignInThrottle, WithdrawnAttemptsDoNotCount) {
  FakeClock clock;
  SignInThrottle throttle(clock);
  for (int i = 0; i < 50; ++i) {
    EXPECT_FALSE(throttle.begin("root", "10.0.0.1"));
    throttle.withdraw("root", "10.0.0.1");
  }
}

TEST(SignInThrottle, ItsTableIsBounded) {
  FakeClock clock;
  SignInThrottle::Rules rules;
  rules.entries = 30;
  rules.address.free_failures = 1'000'000;
  SignInThrottle throttle(clock, rules);
  for (int i = 0; i < 5; ++i) throttle.begin("first", "10.0.0.1");
  for (int i = 0; i < 1000; ++i) throttle.begin("u" + std::to_string(i), "10.0.0.1");
  EXPECT_FALSE(throttle.begin("first", "10.0.0.1")) << "the quietest entries went";
}

}  // namespace
}  // namespace mosaic
