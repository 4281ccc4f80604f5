// What the simulation itself promises: runs repeat, and a failing one is shortened.
#include "test/simulation/simulation.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "test/simulation/shrink.hpp"

namespace mosaic::simulation {
namespace {

using std::chrono::seconds;

TEST(Simulation, ASeedReplaysCallByCall) {
  std::set<std::uint64_t> hashes;
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const History history = make_history(seed);
    const RunResult first = run_history(seed, history, false);
    const RunResult second = run_history(seed, history, true);
    EXPECT_EQ(first.hash, second.hash) << "reading along changes nothing";
    EXPECT_EQ(first.calls, second.calls);
    EXPECT_GT(first.calls, 100U);
    EXPECT_FALSE(second.lines.empty());
    hashes.insert(first.hash);
  }
  EXPECT_EQ(hashes.size(), 5U) << "no two seeds give the same run";
}

TEST(Simulation, EveryKindOfStepOccurs) {
  std::set<StepKind> kinds;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    for (const Step& step : make_history(seed)) kinds.insert(step.kind);
  }
  EXPECT_EQ(kinds.size(), static_cast<std::size_t>(step_kinds));
}

// Whoever dies at any call, once: creation, a turn, a change, idling and a purge all lie within it.
TEST(Simulation, ACrashAtAnyOfTheFirstCallsIsSurvived) {
  const History life{{seconds(0), StepKind::create, 0, {}, 0},
                     {seconds(1), StepKind::chat, 0, seconds(12), 0},
                     {seconds(6), StepKind::change_provider, 0, {}, 1},
                     {seconds(8), StepKind::request_restart, 0, {}, 0},
                     {seconds(20), StepKind::create, 1, {}, 0},
                     {seconds(21), StepKind::desire, 1, {}, 1},
                     {seconds(45), StepKind::request_deletion, 1, {}, 1}};
  const RunResult undisturbed = run_history(1, life, false);
  ASSERT_FALSE(undisturbed.violation) << undisturbed.violation->text;
  for (int call = 1; call <= 400; call += 3) {
    for (int controller = 0; controller < controllers; ++controller) {
      History history = life;
      history.insert(history.begin(),
                     Step{seconds(0), StepKind::crash, controller, seconds(3), call});
      const RunResult result = run_history(1, history, false);
      ASSERT_FALSE(result.violation) << "killed at call " << call << ": " << result.violation->rule
                                     << ": " << result.violation->text;
    }
  }
}

TEST(Simulation, AFailingHistoryIsShortenedToWhatItTakes) {
  const auto has = [](const History& history, StepKind kind) {
    return std::any_of(history.begin(), history.end(),
                       [&](const Step& step) { return step.kind == kind; });
  };
  History history = make_history(3);
  history.insert(history.begin(), Step{seconds(0), StepKind::pause, 0, seconds(1), 1});
  history.push_back(Step{seconds(90), StepKind::hand_over, 0, seconds(1), 0});
  const History shortest = shrink(
      history,
      [&](const History& part) {
        return has(part, StepKind::pause) && has(part, StepKind::hand_over);
      },
      500);
  EXPECT_EQ(shortest.size(), 2U);
}

}  // namespace
}  // namespace mosaic::simulation
