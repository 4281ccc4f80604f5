#include "api/auth/set_up_token.hpp"

#include <gtest/gtest.h>

#include "secrets/token.hpp"
#include "test/auth/tiny_stores.hpp"

namespace mosaic::test {
namespace {

TEST(SetUpToken, IsMadeOnceAndStoredAsAHash) {
  TinySettings settings;
  const auto token = make_set_up_token(settings);
  ASSERT_TRUE(token);
  EXPECT_EQ(token->size(), 64U);
  EXPECT_EQ(settings.config.at("onboarding.tokenHash").value, sha256_hex(*token));
  EXPECT_FALSE(make_set_up_token(settings))
      << "a restart prints none, and leaves the first in force";
  EXPECT_EQ(check_set_up_token(settings, *token), SetUpProof::right);
  EXPECT_EQ(check_set_up_token(settings, "guess"), SetUpProof::wrong);
}

TEST(SetUpToken, ANewOneVoidsTheOld) {
  TinySettings settings;
  const auto first = make_set_up_token(settings);
  const auto second = renew_set_up_token(settings);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(check_set_up_token(settings, *first), SetUpProof::wrong);
  EXPECT_EQ(check_set_up_token(settings, *second), SetUpProof::right);
}

TEST(SetUpToken, IsWorthNothingOnceSetUpIsCompleted) {
  TinySettings settings;
  const auto token = make_set_up_token(settings);
  settings.config["onboarding.completed"] = {"true", false};
  EXPECT_EQ(check_set_up_token(settings, *token), SetUpProof::completed);
  EXPECT_FALSE(make_set_up_token(settings));
  EXPECT_FALSE(renew_set_up_token(settings));
}

TEST(SetUpToken, NoneStoredMeansNoneIsRight) {
  TinySettings settings;
  EXPECT_EQ(check_set_up_token(settings, ""), SetUpProof::wrong);
  settings.config["onboarding.tokenHash"] = {"", false};
  EXPECT_EQ(check_set_up_token(settings, ""), SetUpProof::wrong);
}

}  // namespace
}  // namespace mosaic::test
