#include <gtest/gtest.h>

#include "runtime/docker/circuit_breaker.hpp"
#include "test/fakes/fake_clock.hpp"

namespace mosaic {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

void open(CircuitBreaker& breaker) {
  for (int i = 0; i < CircuitBreaker::failures_to_open; ++i) breaker.failed();
}

TEST(CircuitBreaker, OpensAfterFiveFailuresInARow) {
  FakeClock clock;
  CircuitBreaker breaker(clock);
  for (int i = 0; i < 4; ++i) breaker.failed();
  EXPECT_TRUE(breaker.allow());
  breaker.answered();
  for (int i = 0; i < 4; ++i) breaker.failed();
  EXPECT_TRUE(breaker.allow());
  breaker.failed();
  EXPECT_FALSE(breaker.allow());
  EXPECT_EQ(breaker.until_next_try(), seconds(1));
}

TEST(CircuitBreaker, LetsOneCallThroughWhenItsWaitIsOver) {
  FakeClock clock;
  CircuitBreaker breaker(clock);
  open(breaker);
  clock.advance(milliseconds(999));
  EXPECT_FALSE(breaker.allow());
  clock.advance(milliseconds(1));
  EXPECT_TRUE(breaker.allow());
  EXPECT_FALSE(breaker.allow());
  breaker.answered();
  EXPECT_TRUE(breaker.allow());
  EXPECT_FALSE(breaker.is_open());
}

TEST(CircuitBreaker, DoublesItsWaitUpToThirtySeconds) {
  FakeClock clock;
  CircuitBreaker breaker(clock);
  open(breaker);
  for (const int expected : {1, 2, 4, 8, 16, 30, 30}) {
    EXPECT_EQ(breaker.until_next_try(), seconds(expected));
    clock.advance(seconds(expected));
    ASSERT_TRUE(breaker.allow());
    breaker.failed();
  }
}

TEST(CircuitBreaker, StartsAnewAfterAnAnswer) {
  FakeClock clock;
  CircuitBreaker breaker(clock);
  open(breaker);
  clock.advance(seconds(1));
  ASSERT_TRUE(breaker.allow());
  breaker.failed();
  clock.advance(seconds(2));
  ASSERT_TRUE(breaker.allow());
  breaker.answered();
  open(breaker);
  EXPECT_EQ(breaker.until_next_try(), seconds(1));
}

TEST(CircuitBreaker, LearnsNothingFromCallsThatWereUnderWayWhenItOpened) {
  FakeClock clock;
  CircuitBreaker breaker(clock);
  open(breaker);
  for (int i = 0; i < 20; ++i) breaker.failed();
  EXPECT_EQ(breaker.until_next_try(), seconds(1));
}

}  // namespace
}  // namespace mosaic
