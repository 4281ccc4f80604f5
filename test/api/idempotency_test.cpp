#include "api/idempotency.hpp"

#include <gmock/gmock.h>

#include "test/api/management_house.hpp"

namespace mosaic::test {
namespace {

using IdempotentPosts = ManagementHouse;

TEST_F(IdempotentPosts, RunOnceAndAnswerTheSameAgain) {
  const Fields key{{"idempotency-key", "k-1"}};
  const auto first = call("alice", "POST", "/api/providers", provider(), key);
  const auto again = call("alice", "POST", "/api/providers", provider(), key);
  EXPECT_EQ(first.status, 201);
  EXPECT_EQ(again.status, 201);
  EXPECT_EQ(again.response.body, first.response.body);
  EXPECT_EQ(*again.response.find_field("idempotency-replayed"), "true");
  EXPECT_EQ(settings.providers.size(), 1U);
}

TEST_F(IdempotentPosts, OfAnotherRequestAreRefused) {
  const Fields key{{"idempotency-key", "k-1"}};
  call("alice", "POST", "/api/providers", provider(), key);
  EXPECT_EQ(call("alice", "POST", "/api/providers", provider("second"), key).type(),
            "/problems/idempotency-key-reused");
  EXPECT_EQ(call("bob", "POST", "/api/providers", provider(), key).status, 201);
}

TEST_F(IdempotentPosts, KeepTheirAnswersEncrypted) {
  call("alice", "POST", "/api/providers", provider(), {{"idempotency-key", "k-1"}});
  const auto& record = accounts.records.at("alice/k-1");
  EXPECT_TRUE(SecretBox::is_encrypted(record.body));
  EXPECT_THAT(record.fingerprint, testing::Not(testing::HasSubstr("sentinel")));
}

TEST_F(IdempotentPosts, MayBeRepeatedWhileTheFirstIsRefusedByTheHouse) {
  const Fields key{{"idempotency-key", "k-1"}};
  rows.fail_next();
  EXPECT_THROW(call("alice", "POST", "/api/container/start", Json::object(), key), StoreError);
  EXPECT_TRUE(accounts.records.empty());
  EXPECT_EQ(call("alice", "POST", "/api/container/start", Json::object(), key).status, 202);
}

TEST_F(IdempotentPosts, SayThatTheFirstIsStillRunning) {
  const Fields key{{"idempotency-key", "k-1"}};
  call("alice", "POST", "/api/providers", provider(), key);
  accounts.records.at("alice/k-1").finished = false;
  const auto answer = call("alice", "POST", "/api/providers", provider(), key);
  EXPECT_EQ(answer.status, 409);
  EXPECT_EQ(answer.type(), "/problems/request-running");
  EXPECT_NE(answer.response.find_field("retry-after"), nullptr);
}

TEST_F(IdempotentPosts, RefuseKeysThatAreNone) {
  for (const auto& key : {std::string(), std::string("a b"), std::string(256, 'x')}) {
    EXPECT_EQ(
        call("alice", "POST", "/api/providers", provider(), {{"idempotency-key", key}}).status,
        400);
  }
}

}  // namespace
}  // namespace mosaic::test
