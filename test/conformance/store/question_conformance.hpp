// The rules of QuestionStore, tried on every implementation. A harness, made without arguments, is one empty database:
//   QuestionAsker& asker();                // with the API's rights
//   QuestionAnswerer& answerer();          // with the controller's
//   Store& store();                        // for the lease
//   void insert_user(const std::string& id, const std::string& owner, const std::string& container_id);
//   void insert_system(const std::string& id, const std::string& name);
//   void grow_older(Duration by);          // everything asked, answered and measured
#pragma once

#include <gtest/gtest.h>

#include "store/question_store.hpp"

namespace mosaic::conformance {

template <typename Harness>
class QuestionConformance : public testing::Test {
 protected:
  QuestionAsker& asker() { return harness.asker(); }
  QuestionAnswerer& answerer() { return harness.answerer(); }
  Term lead() { return harness.store().acquire_lease("leader", std::chrono::hours(1), "").value(); }

  static LogQuestion question(const std::string& id, const std::string& account) {
    LogQuestion asked;
    asked.id = id;
    asked.account_id = account;
    asked.lines = 7;
    asked.after = "2026-01-01T00:00:00.000000000Z";
    return asked;
  }
  static AgentUsage use_of(ResourceKind kind, const std::string& id, std::int64_t memory) {
    AgentUsage usage;
    usage.agent = ResourceKey(kind, id);
    usage.memory_bytes = memory;
    usage.memory_limit_bytes = 1536;
    usage.cpu_milli = 250;
    usage.processes = 33;
    return usage;
  }

  Harness harness;
};

TYPED_TEST_SUITE_P(QuestionConformance);

TYPED_TEST_P(QuestionConformance, AQuestionForALogIsOfTheAskersOwnAgentAndAnsweredOnce) {
  const Term term = this->lead();
  this->harness.insert_user("agent-alice", "alice", "c0ffee");
  ASSERT_TRUE(this->asker().ask_log(this->question("q1", "alice")));
  EXPECT_FALSE(this->asker().take_log_answer("alice", "q1"));
  const auto open = this->answerer().open_questions();
  EXPECT_FALSE(open.usage);
  ASSERT_EQ(open.logs.size(), 1U);
  EXPECT_EQ(open.logs[0].id, "q1");
  EXPECT_EQ(open.logs[0].container_id, "c0ffee");
  EXPECT_EQ(open.logs[0].lines, 7);
  EXPECT_EQ(open.logs[0].after, "2026-01-01T00:00:00.000000000Z");
  this->answerer().answer_log("q1", "enc:lines", term);
  EXPECT_TRUE(this->answerer().open_questions().logs.empty());
  EXPECT_FALSE(this->asker().take_log_answer("mallory", "q1"));
  EXPECT_EQ(this->asker().take_log_answer("alice", "q1"), "enc:lines");
  EXPECT_FALSE(this->asker().take_log_answer("alice", "q1"));
}

TYPED_TEST_P(QuestionConformance, WhoHasNoAgentIsAskedAboutNone) {
  this->lead();
  ASSERT_TRUE(this->asker().ask_log(this->question("q1", "nobody")));
  ASSERT_EQ(this->answerer().open_questions().logs.size(), 1U);
  EXPECT_EQ(this->answerer().open_questions().logs[0].container_id, "");
}

TYPED_TEST_P(QuestionConformance, NothingIsAskedWhereNobodyLeads) {
  EXPECT_FALSE(this->asker().ask_log(this->question("q1", "alice")));
  EXPECT_TRUE(this->answerer().open_questions().logs.empty());
}

TYPED_TEST_P(QuestionConformance, AnOldLeadersAnswersChangeNothing) {
  const Term term = this->lead();
  this->harness.insert_user("agent-alice", "alice", "c0ffee");
  this->asker().ask_log(this->question("q1", "alice"));
  this->asker().want_usage();
  this->answerer().answer_log("q1", "enc:lines", term - 1);
  this->answerer().write_usage({this->use_of(ResourceKind::user_container, "agent-alice", 1)},
                               term - 1);
  this->answerer().write_usage_hindrance("no reason", term - 1);
  EXPECT_FALSE(this->asker().take_log_answer("alice", "q1"));
  EXPECT_TRUE(this->asker().usage().empty());
  EXPECT_EQ(this->asker().usage_hindrance(), "");
}

TYPED_TEST_P(QuestionConformance, UsageIsWantedForAWhileAfterSomebodyLooked) {
  this->lead();
  EXPECT_FALSE(this->answerer().open_questions().usage);
  this->asker().want_usage();
  this->asker().want_usage();
  EXPECT_TRUE(this->answerer().open_questions().usage);
  this->harness.grow_older(usage_interest + std::chrono::seconds(1));
  EXPECT_FALSE(this->answerer().open_questions().usage);
  this->asker().want_usage();
  EXPECT_TRUE(this->answerer().open_questions().usage);
}

TYPED_TEST_P(QuestionConformance, TheNewestMeasurementOfEachAgentIsReadByAllAndByItsOwner) {
  const Term term = this->lead();
  this->harness.insert_user("agent-alice", "alice", "c0ffee");
  this->harness.insert_system("s1", "operations");
  auto& answerer = this->answerer();
  answerer.write_usage({this->use_of(ResourceKind::system_container, "s1", 5),
                        this->use_of(ResourceKind::user_container, "agent-alice", 10)},
                       term);
  auto again = this->use_of(ResourceKind::user_container, "agent-alice", 11);
  again.cpu_milli.reset();
  answerer.write_usage({again}, term);
  answerer.write_usage({}, term);
  const auto all = this->asker().usage();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].agent, ResourceKey(ResourceKind::user_container, "agent-alice"));
  EXPECT_EQ(all[0].owner, "alice");
  EXPECT_EQ(all[0].memory_bytes, 11);
  EXPECT_FALSE(all[0].cpu_milli);
  EXPECT_EQ(all[1].owner, "operations");
  EXPECT_EQ(all[1].cpu_milli, 250);
  EXPECT_EQ(all[1].processes, 33);
  EXPECT_EQ(all[1].memory_limit_bytes, 1536);
  EXPECT_NE(all[1].sampled_at, TimePoint{});
  EXPECT_EQ(this->asker().usage_of("alice").value().memory_bytes, 11);
  EXPECT_FALSE(this->asker().usage_of("operations"));
}

TYPED_TEST_P(QuestionConformance, WhatIsOldIsNeitherReadNorAnsweredAndGoes) {
  const Term term = this->lead();
  this->harness.insert_user("agent-alice", "alice", "c0ffee");
  this->asker().ask_log(this->question("q1", "alice"));
  this->answerer().write_usage({this->use_of(ResourceKind::user_container, "agent-alice", 1)},
                               term);
  this->harness.grow_older(question_life + std::chrono::seconds(1));
  EXPECT_TRUE(this->answerer().open_questions().logs.empty());
  EXPECT_TRUE(this->asker().usage().empty());
  EXPECT_FALSE(this->asker().usage_of("alice"));
  this->answerer().forget_old();
  this->answerer().answer_log("q1", "enc:late", term);
  EXPECT_FALSE(this->asker().take_log_answer("alice", "q1"));
}

TYPED_TEST_P(QuestionConformance, WhyNothingIsMeasuredIsSaidAndTakenBack) {
  const Term term = this->lead();
  this->asker().want_usage();
  this->answerer().write_usage_hindrance("this engine tells nothing", term);
  EXPECT_EQ(this->asker().usage_hindrance(), "this engine tells nothing");
  this->answerer().write_usage_hindrance("", term);
  EXPECT_EQ(this->asker().usage_hindrance(), "");
}

REGISTER_TYPED_TEST_SUITE_P(QuestionConformance,
                            AQuestionForALogIsOfTheAskersOwnAgentAndAnsweredOnce,
                            WhoHasNoAgentIsAskedAboutNone, NothingIsAskedWhereNobodyLeads,
                            AnOldLeadersAnswersChangeNothing,
                            UsageIsWantedForAWhileAfterSomebodyLooked,
                            TheNewestMeasurementOfEachAgentIsReadByAllAndByItsOwner,
                            WhatIsOldIsNeitherReadNorAnsweredAndGoes,
                            WhyNothingIsMeasuredIsSaidAndTakenBack);

}  // namespace mosaic::conformance
