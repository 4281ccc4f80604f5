#include "api/auth/work_slots.hpp"

#include <gtest/gtest.h>

#include <future>

namespace mosaic {
namespace {

using namespace std::chrono_literals;

TEST(WorkSlots, RefuseWhenNobodyMayWait) {
  WorkSlots slots(1, 0, 1s);
  auto first = slots.take();
  ASSERT_TRUE(first);
  EXPECT_FALSE(slots.take());
  first.reset();
  EXPECT_TRUE(slots.take());
}

TEST(WorkSlots, GiveTheNextOneItsTurn) {
  WorkSlots slots(1, 1, 10s);
  auto first = slots.take();
  auto waiting = std::async(std::launch::async, [&] { return slots.take().has_value(); });
  first.reset();
  EXPECT_TRUE(waiting.get());
}

TEST(WorkSlots, ArePatientForALimitedTime) {
  WorkSlots slots(1, 1, 1ms);
  const auto first = slots.take();
  EXPECT_FALSE(slots.take());
}

}  // namespace
}  // namespace mosaic
