#include "api/auth/oidc/identity_claims.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace mosaic::oidc {
namespace {

using nlohmann::json;

constexpr std::int64_t now_s = 1'767'225'600;

class IdentityClaims : public testing::Test {
 protected:
  json claims{{"iss", "https://issuer.example"},
              {"sub", "alice-1"},
              {"aud", "mosaic"},
              {"exp", now_s + 300},
              {"iat", now_s},
              {"nonce", "n1"},
              {"name", "Alice Doe"},
              {"email", "a@example.com"},
              {"roles", {"staff", "mosaic-admin"}}};
  Expected expected{"https://issuer.example", "mosaic", "n1", "roles",
                    TimePoint(std::chrono::seconds(now_s))};

  std::string distrust() {
    const auto read = read_identity(claims.dump(), expected);
    const auto* why = std::get_if<Distrust>(&read);
    return why == nullptr ? "" : why->reason;
  }
  Identity identity() {
    const auto read = read_identity(claims.dump(), expected);
    EXPECT_TRUE(std::holds_alternative<Identity>(read)) << distrust();
    return std::holds_alternative<Identity>(read) ? std::get<Identity>(read) : Identity{};
  }
};

TEST_F(IdentityClaims, OfAGoodTokenAreRead) {
  const auto read = identity();
  EXPECT_EQ(read.subject, "alice-1");
  EXPECT_EQ(read.name, "Alice Doe");
  EXPECT_EQ(read.email, "a@example.com");
  EXPECT_EQ(read.roles, (std::vector<std::string>{"staff", "mosaic-admin"}));
}

TEST_F(IdentityClaims, EachRuleRefusesByItself) {
  const std::pair<const char*, json> wrong[] = {
      {"iss", "https://issuer.example/"},
      {"iss", "https://evil.example"},
      {"iss", nullptr},
      {"aud", "other"},
      {"aud", json::array()},
      {"aud", {"mosaic", "other"}},
      {"aud", 5},
      {"azp", "other"},
      {"azp", nullptr},
      {"exp", now_s - 60},
      {"exp", "soon"},
      {"exp", nullptr},
      {"exp", -1},
      {"exp", 1e300},
      {"iat", now_s + 61},
      {"iat", nullptr},
      {"nbf", now_s + 61},
      {"nbf", "x"},
      {"nonce", "n2"},
      {"nonce", nullptr},
      {"nonce", ""},
      {"sub", ""},
      {"sub", nullptr},
      {"sub", 5},
      {"sub", std::string(256, 'x')},
  };
  const json good = claims;
  for (const auto& [name, value] : wrong) {
    claims = good;
    claims[name] = value;
    EXPECT_NE(distrust(), "") << name << " " << value;
  }
  for (const auto* name : {"iss", "aud", "exp", "iat", "nonce", "sub"}) {
    claims = good;
    claims.erase(name);
    EXPECT_NE(distrust(), "") << name << " missing";
  }
}

TEST_F(IdentityClaims, AMinuteOfSkewIsAllowedEitherWay) {
  claims["exp"] = now_s - 59;
  claims["iat"] = now_s + 60;
  claims["nbf"] = now_s + 60;
  EXPECT_EQ(distrust(), "");
}

TEST_F(IdentityClaims, OfSeveralAudiencesTheAuthorizedPartyMustBeUs) {
  claims["aud"] = {"mosaic", "other"};
  claims["azp"] = "mosaic";
  EXPECT_EQ(distrust(), "");
}

TEST_F(IdentityClaims, AnEmptyExpectedNonceMatchesNothing) {
  expected.nonce = "";
  claims["nonce"] = "";
  EXPECT_NE(distrust(), "");
}

TEST_F(IdentityClaims, RolesAreTextsOfAClaimOrOfAPath) {
  claims["roles"] = "mosaic-admin";
  EXPECT_EQ(identity().roles, std::vector<std::string>{"mosaic-admin"});
  claims["realm_access"] = {{"roles", {"a", 5, "b"}}};
  expected.role_claim = "realm_access.roles";
  EXPECT_EQ(identity().roles, (std::vector<std::string>{"a", "b"}));
  claims["https://example.com/roles"] = {"x"};
  expected.role_claim = "https://example.com/roles";
  EXPECT_EQ(identity().roles, std::vector<std::string>{"x"});
  for (const auto* path :
       {"", "nothing", "realm_access.nothing", "realm_access.roles.x", "..", "name.x"}) {
    expected.role_claim = path;
    EXPECT_TRUE(identity().roles.empty()) << path;
  }
}

TEST_F(IdentityClaims, WhatIsShownIsOneShortLine) {
  claims["name"] = "Al\nice\u0007 " + std::string(400, 'x') + "é";
  const auto name = identity().name;
  EXPECT_LE(name.size(), 256U);
  EXPECT_EQ(name.find('\n'), std::string::npos);
  claims["name"] = std::string(255, 'x') + "é";
  EXPECT_EQ(identity().name, std::string(255, 'x')) << "no half character";
  claims.erase("name");
  EXPECT_EQ(identity().name, "a@example.com");
}

}  // namespace
}  // namespace mosaic::oidc
