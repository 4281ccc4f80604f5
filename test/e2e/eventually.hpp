// Waiting for a condition, with a deadline: the only way in which these tests wait.
//
// The condition is asked every 50 ms until it holds or the time is up; it is always asked once more at the end.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>
#include <utility>

namespace mosaic::e2e {

inline constexpr std::chrono::milliseconds poll_interval{50};

template <typename Condition>
bool eventually(std::chrono::milliseconds limit, Condition&& condition) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  for (;;) {
    if (condition()) return true;
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(poll_interval);
  }
}

// The same for a look() that answers with what is still wrong, in words, and with nothing once all is well.
template <typename Look>
testing::AssertionResult eventually_well(std::chrono::milliseconds limit, Look&& look) {
  std::string complaint;
  if (eventually(limit, [&] { return (complaint = look()).empty(); }))
    return testing::AssertionSuccess();
  return testing::AssertionFailure() << "after " << limit.count() << " ms: " << complaint;
}

}  // namespace mosaic::e2e
