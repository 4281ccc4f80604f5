#include "api/gateway/chat_turns.hpp"

#include <gtest/gtest.h>

#include "test/api/gateway_doubles.hpp"
#include "test/fakes/fake_account_store.hpp"
#include "test/fakes/fake_clock.hpp"

namespace mosaic {
namespace {

using std::chrono::minutes;

Request message(const std::string& key, const std::string& body = R"({"messages":[]})") {
  Request request;
  request.method = "POST";
  request.path = "/v1/chat/completions";
  request.body = body;
  if (!key.empty()) request.fields.push_back({"idempotency-key", key});
  return request;
}

class ChatTurnsTest : public testing::Test {
 protected:
  ChatTurn run(const Request& request, const std::string& who = "alice") {
    auto begun = turns.begin(request, who);
    EXPECT_TRUE(std::holds_alternative<ChatTurn>(begun));
    return std::holds_alternative<ChatTurn>(begun) ? std::move(std::get<ChatTurn>(begun))
                                                   : ChatTurn();
  }
  Response answered(ChatTurns& by, const Request& request, const std::string& who = "alice") {
    auto begun = by.begin(request, who);
    EXPECT_TRUE(std::holds_alternative<Response>(begun));
    return std::holds_alternative<Response>(begun) ? std::get<Response>(begun) : Response();
  }
  bool runs(ChatTurns& by, const Request& request, const std::string& who = "alice") {
    return std::holds_alternative<ChatTurn>(by.begin(request, who));
  }

  // The record of that message as it is kept now.
  IdempotencyRecord kept(const Request& request) {
    IdempotencyRecord record;
    record.account_id = "alice";
    record.key = std::string(*request.field("idempotency-key"));
    record.fingerprint =
        box.fingerprint(request.method + '\n' + request.path + "\n\n" + request.body);
    record.expires_at = clock.now() + minutes(1);
    store.begin_idempotent(record);
    return record;
  }

  FakeClock clock;
  FakeAccountStore store{clock};
  SecretBox box{"this-is-a-test-secret-key-with-32+chars"};
  ManualExecutor executor;
  ChatTurns turns{store, box, clock, executor.executor()};
  ChatTurns other_process{store, box, clock, executor.executor()};
};

TEST_F(ChatTurnsTest, AMessageWithoutAKeyRunsAsOftenAsItComes) {
  auto first = run(message(""));
  auto second = run(message(""));
  first.sending();
  first.collect("answer");
  first.finish(200, "text/event-stream");
  EXPECT_EQ(executor.waiting(), 0U) << "nothing to be written";
}

TEST_F(ChatTurnsTest, ARetryWhileItRunsIsToldToComeAgain) {
  const auto turn = run(message("key-1"));
  for (auto* process : {&turns, &other_process}) {
    const auto answer = answered(*process, message("key-1"));
    EXPECT_EQ(answer.status, 409);
    EXPECT_NE(answer.body.find("request-running"), std::string::npos);
    ASSERT_NE(answer.find_field("Retry-After"), nullptr);
  }
}

TEST_F(ChatTurnsTest, ARetryAfterwardsGetsTheSameAnswerFromEveryProcess) {
  auto turn = run(message("key-1"));
  turn.sending();
  turn.collect("data: {\"a\"");
  turn.collect(":1}\n\ndata: [DONE]\n\n");
  turn.finish(200, "text/event-stream");
  executor.run_all();
  for (auto* process : {&turns, &other_process}) {
    const auto answer = answered(*process, message("key-1"));
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "data: {\"a\":1}\n\ndata: [DONE]\n\n");
    EXPECT_EQ(*answer.find_field("Content-Type"), "text/event-stream");
    EXPECT_EQ(*answer.find_field("Idempotency-Replayed"), "true");
  }
}

TEST_F(ChatTurnsTest, KeepsTheConversationEncrypted) {
  auto turn = run(message("key-1"));
  turn.sending();
  turn.collect("what she confided");
  turn.finish(200, "application/json");
  executor.run_all();
  const auto record = kept(message("key-1"));
  ASSERT_TRUE(record.finished);
  EXPECT_TRUE(record.body.starts_with("enc:"));
  EXPECT_EQ(record.fingerprint.find("messages"), std::string::npos);
}

TEST_F(ChatTurnsTest, KeysOfTwoPeopleDoNotMeet) {
  const auto turn = run(message("key-1"), "alice");
  EXPECT_TRUE(runs(turns, message("key-1"), "bob"));
}

TEST_F(ChatTurnsTest, AKeyForAnotherMessageIsAMistake) {
  const auto turn = run(message("key-1"));
  const auto answer = answered(turns, message("key-1", R"({"messages":[1]})"));
  EXPECT_EQ(answer.status, 422);
  EXPECT_NE(answer.body.find("idempotency-key-reused"), std::string::npos);
}

TEST_F(ChatTurnsTest, RefusesKeysThatCannotBeKept) {
  for (const auto& key : {std::string("two words"), std::string(256, 'k'), std::string("\x01")})
    EXPECT_EQ(answered(turns, message(key)).status, 400) << key;
  auto twice = message("key-1");
  twice.fields.push_back({"idempotency-key", "key-2"});
  EXPECT_EQ(answered(turns, twice).status, 400);
}

TEST_F(ChatTurnsTest, ATurnOfWhichNothingWasSentMayBeRetried) {
  { const auto turn = run(message("key-1")); }
  executor.run_all();
  EXPECT_TRUE(runs(other_process, message("key-1")));
}

TEST_F(ChatTurnsTest, ATurnThatTheAgentDidNotTakeMayBeRetried) {
  {
    auto turn = run(message("key-1"));
    turn.sending();
    turn.not_taken();
  }
  executor.run_all();
  EXPECT_TRUE(runs(turns, message("key-1")));
}

TEST_F(ChatTurnsTest, ATurnThatBrokeOffNeverRunsAgain) {
  {
    auto turn = run(message("key-1"));
    turn.sending();
    turn.collect("data: half");
  }
  executor.run_all();
  const auto answer = answered(turns, message("key-1"));
  EXPECT_EQ(answer.status, 409);
  EXPECT_NE(answer.body.find("already-ran"), std::string::npos);
  EXPECT_EQ(answer.body.find("half"), std::string::npos);
}

TEST_F(ChatTurnsTest, AFailureThatAsksForARetryIsNotKept) {
  for (const int status : {429, 502, 503}) {
    auto turn = run(message("key-1"));
    turn.sending();
    turn.collect("{}");
    turn.finish(status, "application/json");
    executor.run_all();
  }
  EXPECT_TRUE(runs(turns, message("key-1")));
}

TEST_F(ChatTurnsTest, AnAnswerBeyondTheBoundIsNotKeptButItsTurnIs) {
  auto turn = run(message("key-1"));
  turn.sending();
  for (int i = 0; i < 257; ++i) turn.collect(std::string(1024, 'x'));
  turn.finish(200, "text/event-stream");
  executor.run_all();
  const auto answer = answered(turns, message("key-1"));
  EXPECT_EQ(answer.status, 409);
  EXPECT_NE(answer.body.find("too large"), std::string::npos);
  EXPECT_LT(kept(message("key-1")).body.size(), 2000U);
}

TEST_F(ChatTurnsTest, AProcessThatDiedHoldsItsKeyOnlySoLong) {
  const auto lost = run(message("key-1"));  // its end never comes on record
  EXPECT_EQ(answered(other_process, message("key-1")).status, 409);
  clock.advance(minutes(15));
  EXPECT_TRUE(runs(other_process, message("key-1")));
}

TEST_F(ChatTurnsTest, WritesLaterWhatCouldNotBeWrittenAtOnce) {
  auto turn = run(message("key-1"));
  turn.sending();
  turn.collect("answer");
  executor.full = true;
  turn.finish(200, "application/json");
  store.fail_next();
  turns.tick();
  EXPECT_FALSE(kept(message("key-1")).finished);
  turns.tick();
  EXPECT_EQ(answered(turns, message("key-1")).body, "answer");
}

TEST_F(ChatTurnsTest, SaysThatTheDatabaseIsAway) {
  store.fail_next();
  EXPECT_THROW(turns.begin(message("key-1"), "alice"), StoreError);
}

}  // namespace
}  // namespace mosaic
