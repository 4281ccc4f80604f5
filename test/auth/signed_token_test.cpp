#include "api/auth/oidc/signed_token.hpp"

#include <gtest/gtest.h>

#include <random>

#include "test/auth/issuer_key.hpp"

namespace mosaic::test {
namespace {

using nlohmann::json;
using oidc::SignatureCheck;

oidc::KeySet set_of(std::initializer_list<json> keys) {
  const auto parsed = oidc::parse_key_set(json{{"keys", keys}}.dump());
  EXPECT_TRUE(parsed);
  return parsed.value_or(oidc::KeySet{});
}

SignatureCheck check(const std::string& compact, const oidc::KeySet& keys) {
  const auto token = oidc::parse_token(compact);
  EXPECT_TRUE(token) << compact;
  return token ? oidc::check_signature(*token, keys) : SignatureCheck::wrong;
}

class SignedTokens : public testing::Test {
 protected:
  const IssuerKey rsa{IssuerKey::Kind::rsa, "r1"};
  const IssuerKey ec{IssuerKey::Kind::p256, "e1"};
  const json claims{{"sub", "alice"}};
};

TEST_F(SignedTokens, OfBothKindsAreChecked) {
  const auto keys = set_of({rsa.jwk(), ec.jwk()});
  ASSERT_EQ(keys.size(), 2U);
  EXPECT_EQ(check(rsa.sign(claims), keys), SignatureCheck::right);
  EXPECT_EQ(check(ec.sign(claims), keys), SignatureCheck::right);
  EXPECT_EQ(json::parse(oidc::parse_token(ec.sign(claims))->claims), claims);
}

TEST_F(SignedTokens, ChangedAnywhereAreWrong) {
  const auto keys = set_of({rsa.jwk(), ec.jwk()});
  for (const auto* key : {&rsa, &ec}) {
    const auto good = key->sign(claims);
    const auto other = key->sign({{"sub", "root"}});
    const auto swapped = good.substr(0, good.find('.')) +
                         other.substr(other.find('.'), other.rfind('.') - other.find('.')) +
                         good.substr(good.rfind('.'));
    EXPECT_EQ(check(swapped, keys), SignatureCheck::wrong);
    EXPECT_EQ(check(good.substr(0, good.rfind('.') + 1), keys), SignatureCheck::wrong);
  }
}

TEST_F(SignedTokens, WithoutAKeyIdAreTriedWithEveryKeyOfTheirKind) {
  const IssuerKey other(IssuerKey::Kind::p256, "e2");
  const auto keys = set_of({rsa.jwk(), other.jwk(), ec.jwk()});
  auto no_id = ec.sign(claims, {{"kid", nullptr}});
  EXPECT_EQ(check(no_id, keys), SignatureCheck::right);
}

TEST_F(SignedTokens, OfAnUnknownKeyAskForNewKeys) {
  EXPECT_EQ(check(ec.sign(claims), set_of({rsa.jwk()})), SignatureCheck::unknown_key);
  EXPECT_EQ(check(ec.sign(claims, {{"kid", "e9"}}), set_of({ec.jwk()})),
            SignatureCheck::unknown_key);
}

TEST_F(SignedTokens, OnlyTheTwoAlgorithmsAreTaken) {
  for (const auto* algorithm :
       {"none", "None", "HS256", "RS384", "RS512", "PS256", "ES384", "EdDSA", "rs256", ""})
    EXPECT_FALSE(oidc::parse_token(rsa.sign(claims, {{"alg", algorithm}}))) << algorithm;
  EXPECT_FALSE(oidc::parse_token(rsa.sign(claims, {{"alg", 5}})));
  EXPECT_FALSE(oidc::parse_token(rsa.sign(claims, {{"crit", {"exp"}}})));
  // A token that says RS256 is never checked with a key of another kind.
  EXPECT_EQ(check(ec.sign(claims, {{"alg", "RS256"}}), set_of({ec.jwk()})),
            SignatureCheck::unknown_key);
}

TEST_F(SignedTokens, WhereAHeaderPointsIsIgnored) {
  const auto token = ec.sign(claims, {{"jku", "https://evil.example/keys"},
                                      {"x5u", "https://evil.example/cert"},
                                      {"jwk", ec.jwk()}});
  EXPECT_EQ(check(token, set_of({rsa.jwk()})), SignatureCheck::unknown_key);
}

TEST_F(SignedTokens, MalformedOnesAreNone) {
  const auto good = ec.sign(claims);
  for (const auto& text :
       {std::string(), std::string("."), std::string(".."), std::string("..."), good + ".x",
        good.substr(1), good + "=", "\n" + good, std::string("e30.e30.e30"),
        std::string("bnVsbA.e30.e30"), std::string("W10.e30.e30")})
    EXPECT_FALSE(oidc::parse_token(text)) << text;
  EXPECT_FALSE(oidc::parse_token(std::string(oidc::max_token_bytes + 1, 'a')));
}

TEST_F(SignedTokens, KeySetsTakeOnlyWhatSigns) {
  EXPECT_FALSE(oidc::parse_key_set(""));
  EXPECT_FALSE(oidc::parse_key_set("[]"));
  EXPECT_FALSE(oidc::parse_key_set("{}"));
  EXPECT_FALSE(oidc::parse_key_set(R"({"keys":{}})"));
  auto for_encryption = rsa.jwk();
  for_encryption["use"] = "enc";
  auto other_algorithm = rsa.jwk();
  other_algorithm["alg"] = "RS512";
  auto other_curve = ec.jwk();
  other_curve["crv"] = "P-384";
  auto off_the_curve = ec.jwk();
  off_the_curve["y"] = off_the_curve["x"];
  auto symmetric = json{{"kty", "oct"}, {"k", "c2VjcmV0"}, {"kid", "s"}};
  auto one = rsa.jwk();
  one["e"] = "AQ";
  EXPECT_TRUE(
      set_of({for_encryption, other_algorithm, other_curve, off_the_curve, symmetric, one, json(5),
              json{{"kty", "RSA"}}, IssuerKey(IssuerKey::Kind::rsa, "short", 1024).jwk()})
          .empty());
  json many = json::array();
  for (std::size_t i = 0; i <= oidc::max_keys; ++i) many.push_back(ec.jwk());
  EXPECT_FALSE(oidc::parse_key_set(json{{"keys", many}}.dump()));
}

TEST_F(SignedTokens, DamagedInputNeverDoesMoreThanFail) {
  const auto keys = set_of({rsa.jwk(), ec.jwk()});
  const auto good_token = ec.sign(claims);
  const auto good_set = json{{"keys", {rsa.jwk(), ec.jwk()}}}.dump();
  std::mt19937 random(7);
  for (int i = 0; i < 3000; ++i) {
    auto token = good_token;
    token[random() % token.size()] = static_cast<char>(random());
    const auto parsed = oidc::parse_token(token);
    if (parsed && token != good_token) {
      EXPECT_NE(oidc::check_signature(*parsed, keys), SignatureCheck::right) << token;
    }
    auto set = good_set;
    set[random() % set.size()] = static_cast<char>(random());
    oidc::parse_key_set(set);
  }
}

}  // namespace
}  // namespace mosaic::test
