#include "api/idempotency.hpp"

#include <gmock/gmock.h>

#include "test/api/management_house.hpp"

namespace mosaic::test {
namespace {

class IdempotentPosts : public ManagementHouse {
 protected:
  // As the store has it for alice's creation of provider() under the key "k-1".
  IdempotencyRecord record_of_creation() {
    IdempotencyRecord record;
    record.account_id = "alice";
    record.key = "k-1";
    record.fingerprint = box.fingerprint("POST\n/api/providers\n\n" + provider().dump());
    record.expires_at = clock.now() + std::chrono::hours(1);
    return record;
  }
};

TEST_F(IdempotentPosts, RunOnceAndAnswerTheSameAgain) {
  const Fields key{{"idempotency-key", "k-1"}};
  const auto first = call("alice", "POST", "/api/providers", provider(), key);
  const auto again = call("alice", "POST", "/api/providers", provider(), key);
  EXPECT_EQ(first.status, 201);
  EXPECT_EQ(again.status, 201);
  EXPECT_EQ(again.response.body, first.response.body);
  EXPECT_EQ(*again.response.find_field("idempotency-replayed"), "true");
  EXPECT_EQ(settings.list_providers("alice").size(), 1U);
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
  auto record = record_of_creation();
  EXPECT_EQ(accounts.begin_idempotent(record), IdempotencyBegin::finished);
  EXPECT_TRUE(SecretBox::is_encrypted(record.body));
  EXPECT_THAT(record.fingerprint, testing::Not(testing::HasSubstr("sentinel")));
}

TEST_F(IdempotentPosts, MayBeRepeatedWhileTheFirstIsRefusedByTheHouse) {
  const Fields key{{"idempotency-key", "k-1"}};
  rows.fail_next();
  EXPECT_THROW(call("alice", "POST", "/api/container/start", Json::object(), key), StoreError);
  EXPECT_EQ(call("alice", "POST", "/api/container/start", Json::object(), key).status, 202);
}

TEST_F(IdempotentPosts, SayThatTheFirstIsStillRunning) {
  auto record = record_of_creation();
  EXPECT_EQ(accounts.begin_idempotent(record), IdempotencyBegin::fresh);
  const auto answer =
      call("alice", "POST", "/api/providers", provider(), {{"idempotency-key", "k-1"}});
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
