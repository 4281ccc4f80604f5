#include "runtime/firewall/child_process.hpp"

#include <gtest/gtest.h>

#include <string>

namespace mosaic {
namespace {

ChildCommand command(std::vector<std::string> arguments) {
  ChildCommand result;
  result.arguments = std::move(arguments);
  return result;
}

TEST(ChildProcess, GivesOutputErrorsAndExitCode) {
  const auto result = run_child(command({"sh", "-c", "echo out; echo err >&2; exit 7"}));
  EXPECT_EQ(result.exit_code, 7);
  EXPECT_EQ(result.output, "out\n");
  EXPECT_EQ(result.errors, "err\n");
  EXPECT_FALSE(result.timed_out);
}

TEST(ChildProcess, FeedsMoreInputThanAPipeHolds) {
  auto cat = command({"cat"});
  cat.input = std::string(1'000'000, 'x');
  EXPECT_EQ(run_child(cat).output, cat.input);
}

TEST(ChildProcess, SurvivesAChildThatDoesNotReadItsInput) {
  auto program = command({"true"});
  program.input = std::string(1'000'000, 'x');
  EXPECT_EQ(run_child(program).exit_code, 0);
}

TEST(ChildProcess, KillsOnTheDeadline) {
  auto slow = command({"sh", "-c", "sleep 60"});
  slow.limit = std::chrono::milliseconds(50);
  const auto began = std::chrono::steady_clock::now();
  const auto result = run_child(slow);
  EXPECT_TRUE(result.timed_out);
  EXPECT_EQ(result.exit_code, 128 + 9);
  EXPECT_FALSE(result.succeeded());
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(20));
}

TEST(ChildProcess, DoesNotWaitForADescendantThatKeepsTheOutputOpen) {
  const auto began = std::chrono::steady_clock::now();
  const auto result = run_child(command({"sh", "-c", "sleep 60 & echo $!"}));
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(20));
  run_child(command({"kill", result.output.substr(0, result.output.size() - 1)}));
}

TEST(ChildProcess, SaysThatOutputWasDropped) {
  auto much = command({"sh", "-c", "head -c 100000 /dev/zero"});
  much.output_limit = 1000;
  const auto result = run_child(much);
  EXPECT_EQ(result.output.size(), 1000u);
  EXPECT_TRUE(result.truncated);
  EXPECT_FALSE(result.succeeded());
}

TEST(ChildProcess, AMissingProgramIs127) {
  EXPECT_EQ(run_child(command({"no-such-program-anywhere"})).exit_code, 127);
}

TEST(ChildProcess, PassesNothingOfOurEnvironment) {
  ASSERT_EQ(setenv("MOSAIC_SECRET_KEY", "must stay here", 1), 0);
  EXPECT_EQ(run_child(command({"env"})).output.find("MOSAIC_SECRET_KEY"), std::string::npos);
  unsetenv("MOSAIC_SECRET_KEY");
}

}  // namespace
}  // namespace mosaic
