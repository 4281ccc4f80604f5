#include "api/wake_history.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace mosaic::test {
namespace {

using Told = std::vector<std::pair<std::int64_t, std::string>>;

std::vector<Wake> wakes(const Told& told) {
  std::vector<Event> events;
  for (const auto& [second, reason] : told) {
    Event event;
    event.at = TimePoint(std::chrono::seconds(second));
    event.reason = reason;
    events.insert(events.begin(), event);
  }
  return wakes_of(events);
}

TEST(WakeHistory, LastsFromTheFirstStepUntilItAnswers) {
  const auto seen = wakes({{5, "NeverUsed"},
                           {10, "PullingImage"},
                           {14, "WaitingForMemory"},
                           {15, "Starting"},
                           {25, "Ready"}});
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0].took, std::chrono::seconds(15));
  EXPECT_EQ(seen[0].ready_at, TimePoint(std::chrono::seconds(25)));
  EXPECT_TRUE(seen[0].cold);
}

TEST(WakeHistory, TellsThawingFromANewProcessAndComesNewestFirst) {
  const auto seen =
      wakes({{0, "Starting"}, {10, "Ready"}, {50, "Idle"}, {60, "Waking"}, {61, "Ready"}});
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_FALSE(seen[0].cold);
  EXPECT_EQ(seen[0].took, std::chrono::seconds(1));
  EXPECT_TRUE(seen[1].cold);
}

TEST(WakeHistory, CountsNoStartThatFailedAndBeginsAnewWithTheNext) {
  const auto seen = wakes({{0, "Starting"},
                           {30, "CrashLoopBackOff"},
                           {40, "Starting"},
                           {52, "Ready"},
                           {60, "Starting"},
                           {61, "StopRequested"}});
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0].took, std::chrono::seconds(12));
}

TEST(WakeHistory, PassesOverWhatIsNoStepOfAStart) {
  const auto seen = wakes({{0, "Starting"}, {3, "GatewayTokenShown"}, {9, "Ready"}, {12, "Ready"}});
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0].took, std::chrono::seconds(9));
  EXPECT_TRUE(wakes({{0, "Ready"}, {5, "Draining"}, {6, "Ready"}}).empty());
}

}  // namespace
}  // namespace mosaic::test
