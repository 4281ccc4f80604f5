// What people ask of the engine is answered by the leader alone, at a bounded cost, and costs nothing while nobody asks.
#include "reconcilers/engine_answers.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "test/fakes/fake_clock.hpp"
#include "test/fakes/fake_insight.hpp"
#include "test/fakes/fake_question_store.hpp"

namespace mosaic {
namespace {

using std::chrono::seconds;

class PresentLeadership final : public Leadership {
 public:
  std::optional<Term> term() const override { return present; }
  std::optional<Term> present;
};

class EngineAnswersTest : public testing::Test {
 protected:
  EngineAnswersTest() {
    engine.set_image("image", ImageAvailability::present);
    leadership.present = store.acquire_lease("leader", std::chrono::hours(1), "");
  }

  // A user whose agent runs; its container's id.
  std::string run_agent(const std::string& owner) {
    AgentSpec spec;
    spec.identity = AgentIdentity{"1a2b3c4d5e6f", key_of(owner), owner, "mosaic-user-" + owner};
    spec.image = "image";
    spec.limits.memory_mb = 1536;
    engine.ensure_volumes(spec.identity);
    engine.ensure_network(spec.identity);
    const std::string id = engine.create_container(spec).id;
    engine.start(id);
    AgentRow row;
    row.key = spec.identity.key;
    row.owner = owner;
    row.container_name = spec.identity.container_name;
    row.status.container_id = id;
    store.put_agent(row);
    return id;
  }
  static ResourceKey key_of(const std::string& owner) {
    return ResourceKey(ResourceKind::user_container, "agent-" + owner);
  }
  nlohmann::json log_of(const std::string& owner) {
    LogQuestion question;
    question.id = "question-of-" + owner;
    question.account_id = owner;
    EXPECT_TRUE(questions.ask_log(question));
    answers.run_pending();
    const auto sealed = questions.take_log_answer(owner, question.id);
    if (!sealed) return {};
    EXPECT_TRUE(SecretBox::is_encrypted(*sealed));
    return nlohmann::json::parse(box.decrypt(*sealed));
  }
  int looks() { return insight.looks(Look::once) + insight.looks(Look::twice); }

  FakeClock clock;
  FakeStore store{clock};
  FakeEngine engine{clock, "1a2b3c4d5e6f"};
  FakeInsight insight{engine, clock};
  FakeQuestionStore questions{store, clock};
  PresentLeadership leadership;
  const SecretBox box{"a secret of at least thirty-two characters"};
  std::vector<std::string> reported;
  EngineAnswers answers{clock,   questions,
                        insight, leadership,
                        box,     [this](const std::string& line) { reported.push_back(line); }};
};

TEST_F(EngineAnswersTest, MeasuresNothingWhileNobodyLooks) {
  run_agent("alice");
  EXPECT_EQ(answers.run_pending(), seconds(1));
  EXPECT_EQ(looks(), 0);
  questions.want_usage();
  answers.run_pending();
  EXPECT_EQ(looks(), 1);
  clock.advance(usage_interest + seconds(1));
  answers.run_pending();
  EXPECT_EQ(looks(), 1);
}

TEST_F(EngineAnswersTest, TellsCpuAtOnceAndThenByTheDifferenceOfTwoLooks) {
  run_agent("alice");
  insight.set_cpu_milli(250);
  insight.set_memory_mb(700);
  questions.want_usage();
  answers.run_pending();
  ASSERT_EQ(questions.usage().size(), 1U);
  EXPECT_EQ(questions.usage()[0].cpu_milli, 250);
  EXPECT_EQ(questions.usage()[0].memory_bytes, 700LL * 1024 * 1024);
  EXPECT_EQ(questions.usage()[0].memory_limit_bytes, 1536LL * 1024 * 1024);
  answers.run_pending();
  EXPECT_EQ(looks(), 1) << "a round begins no sooner than five seconds after the one before";
  clock.advance(seconds(5));
  answers.run_pending();
  EXPECT_EQ(insight.looks(Look::twice), 1);
  EXPECT_EQ(insight.looks(Look::once), 1);
  EXPECT_EQ(questions.usage()[0].cpu_milli, 250);
}

TEST_F(EngineAnswersTest, MeasuresALargeFleetInPassesOfSixteenWithoutAPauseBetweenThem) {
  for (int i = 0; i < 40; ++i) run_agent("user-" + std::to_string(i));
  questions.want_usage();
  EXPECT_EQ(answers.run_pending(), Duration(0));
  EXPECT_EQ(questions.usage().size(), 16U);
  EXPECT_EQ(answers.run_pending(), Duration(0));
  EXPECT_EQ(answers.run_pending(), seconds(1));
  EXPECT_EQ(questions.usage().size(), 40U);
}

TEST_F(EngineAnswersTest, AnswersALogBetweenTwoPassesOfARound) {
  for (int i = 0; i < 40; ++i) run_agent("user-" + std::to_string(i));
  questions.want_usage();
  answers.run_pending();
  EXPECT_EQ(log_of("user-1")["problem"], "");
}

TEST_F(EngineAnswersTest, LeavesOutWhatHasEndedMeanwhile) {
  const std::string id = run_agent("alice");
  run_agent("bob");
  engine.kill(id);
  questions.want_usage();
  answers.run_pending();
  ASSERT_EQ(questions.usage().size(), 1U);
  EXPECT_EQ(questions.usage()[0].owner, "bob");
}

TEST_F(EngineAnswersTest, GivesTheOwnAgentsLinesSealed) {
  insight.write(run_agent("alice"), {"2026-01-01T00:00:00.000000000Z", true, "\xff what was said"});
  run_agent("bob");
  const auto log = log_of("alice");
  ASSERT_EQ(log["lines"].size(), 1U);
  EXPECT_EQ(log["lines"][0]["text"], "\xEF\xBF\xBD what was said");
  EXPECT_EQ(log["lines"][0]["error"], true);
  EXPECT_EQ(log["cut"], false);
  EXPECT_EQ(log_of("bob")["lines"].size(), 0U);
  EXPECT_EQ(log_of("nobody")["lines"].size(), 0U);
}

TEST_F(EngineAnswersTest, DoesNothingWithoutTheLease) {
  run_agent("alice");
  questions.want_usage();
  leadership.present.reset();
  EXPECT_EQ(answers.run_pending(), seconds(1));
  EXPECT_EQ(looks(), 0);
  EXPECT_TRUE(log_of("alice").is_null());
}

TEST_F(EngineAnswersTest, SaysWhatTheEngineCannotTell) {
  run_agent("alice");
  insight.set_hindrance("this engine tells nothing of the kind");
  questions.want_usage();
  answers.run_pending();
  EXPECT_EQ(questions.usage_hindrance(), "this engine tells nothing of the kind");
  EXPECT_EQ(looks(), 0);
  EXPECT_EQ(log_of("alice")["problem"], "this engine tells nothing of the kind");
}

TEST_F(EngineAnswersTest, AnswersOnItsOwnThreadUntilItIsStopped) {
  run_agent("alice");
  questions.want_usage();
  answers.start();
  const auto end = std::chrono::steady_clock::now() + seconds(20);
  while (questions.usage().empty() && std::chrono::steady_clock::now() < end)
    std::this_thread::yield();
  answers.stop();
  EXPECT_EQ(questions.usage().size(), 1U);
  EXPECT_TRUE(reported.empty());
}

}  // namespace
}  // namespace mosaic
