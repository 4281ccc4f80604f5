#include "api/auth/recent_answers.hpp"

#include <gtest/gtest.h>

namespace mosaic {
namespace {

using namespace std::chrono_literals;

std::shared_ptr<const int> answer(int number) { return std::make_shared<const int>(number); }

TEST(RecentAnswers, LiveForAFewSecondsOnly) {
  RecentAnswers<int> answers(3s, 10);
  const SteadyTime start{};
  answers.keep("k", "alice", answer(7), answers.ticket(), start);
  EXPECT_EQ(*answers.find("k", start + 2999ms), 7);
  EXPECT_FALSE(answers.find("k", start + 3s));
  EXPECT_FALSE(answers.find("other", start));
}

TEST(RecentAnswers, AreForgottenByAccount) {
  RecentAnswers<int> answers(3s, 10);
  const SteadyTime now{};
  answers.keep("a", "alice", answer(1), answers.ticket(), now);
  answers.keep("b", "bob", answer(2), answers.ticket(), now);
  answers.forget("alice");
  EXPECT_FALSE(answers.find("a", now));
  EXPECT_EQ(*answers.find("b", now), 2);
  answers.forget_all();
  EXPECT_FALSE(answers.find("b", now));
}

TEST(RecentAnswers, AskedForBeforeAChangeAreNotKept) {
  RecentAnswers<int> answers(3s, 10);
  const auto ticket = answers.ticket();
  answers.forget("alice");
  answers.keep("a", "alice", answer(1), ticket, SteadyTime{});
  EXPECT_FALSE(answers.find("a", SteadyTime{}));
}

TEST(RecentAnswers, AreBounded) {
  RecentAnswers<int> answers(3s, 2);
  const SteadyTime now{};
  for (int i = 0; i < 100; ++i)
    answers.keep(std::to_string(i), "a", answer(i), answers.ticket(), now);
  int kept = 0;
  for (int i = 0; i < 100; ++i) kept += answers.find(std::to_string(i), now) ? 1 : 0;
  EXPECT_LE(kept, 2);
  EXPECT_TRUE(answers.find("99", now));
}

}  // namespace
}  // namespace mosaic
