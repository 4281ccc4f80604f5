#include "api/auth/own_account_handler.hpp"

#include "test/auth/auth_fixture.hpp"

namespace mosaic::test {
namespace {

using namespace std::chrono_literals;

class OwnAccount : public AuthFixture {
 protected:
  OwnAccount() {
    accounts.breakglass["root"] = {"root", "root", hasher.hash_password("the old password"), true};
    handler.add_routes(routes);
  }

  Response ask(Request asked) {
    const auto found = router.find(asked);
    const auto* route = std::get_if<const Route*>(&found);
    return route == nullptr ? std::get<Response>(found) : (*route)->handler(asked);
  }
  Response ask(const std::string& method, const std::string& path, const std::string& cookie,
               const nlohmann::json& body = nullptr) {
    return ask(with_cookie(request(method, path, body.is_null() ? "" : body.dump()), cookie));
  }

  PasswordHasher hasher{PasswordHasher::min_cost};
  PasswordCheck passwords{accounts, hasher, clock};
  AuditTrail audit{accounts, clock, Logger::silent()};
  SessionDesk sessions{accounts, gatekeeper, audit, clock, origin, limits, [](std::string_view) {}};
  OwnAccountHandler handler{accounts, gatekeeper, passwords, sessions, audit, clock, limits};
  Router router;
  GuardedRoutes routes{router, gatekeeper};
};

TEST_F(OwnAccount, TokensAreShownOnceAndStoredHashed) {
  const auto cookie = session_of("alice");
  const auto made = ask("POST", "/api/account/tokens", cookie,
                        {{"name", "laptop"}, {"scopes", {"chat", "read"}}});
  ASSERT_EQ(made.status, 201) << made.body;
  const auto token = json_of(made)["token"].get<std::string>();
  const auto secret = parse_api_token(token)->secret;
  EXPECT_EQ(caller(with_bearer(request("GET", "/x"), token)).account.id, "alice");
  const auto listed = ask("GET", "/api/account/tokens", cookie);
  EXPECT_EQ(json_of(listed)["tokens"].size(), 1U);
  EXPECT_EQ(listed.body.find(secret), std::string::npos);
  EXPECT_EQ(listed.body.find(sha256_hex(secret)), std::string::npos);
  for (const auto& entry : accounts.audit_entries)
    EXPECT_EQ((entry.detail + entry.target).find(secret), std::string::npos);
  EXPECT_EQ(json_of(made)["expiresAt"], to_iso8601(clock.now() + std::chrono::hours(24 * 90)));
}

TEST_F(OwnAccount, ScopesThatTheRoleDoesNotGiveAreRefused) {
  const auto cookie = session_of("alice");
  const auto make = [&](const nlohmann::json& body) {
    return ask("POST", "/api/account/tokens", cookie, body).status;
  };
  EXPECT_EQ(make({{"name", "x"}, {"scopes", {"admin"}}}), 422);
  EXPECT_EQ(make({{"name", "x"}, {"scopes", {"everything"}}}), 422);
  EXPECT_EQ(make({{"name", "x"}, {"scopes", nlohmann::json::array()}}), 422);
  EXPECT_EQ(make({{"name", "x"}}), 422);
  EXPECT_EQ(make({{"name", ""}, {"scopes", {"read"}}}), 422);
  EXPECT_EQ(make({{"name", "x"}, {"scopes", {"read"}}, {"expiresInDays", 367}}), 422);
  EXPECT_EQ(make({{"name", "x"}, {"scopes", {"read"}}, {"secret", "mine"}}), 422);
  EXPECT_EQ(make({{"name", "x"}, {"scopes", {"read"}}, {"expiresInDays", 1}}), 201);
}

TEST_F(OwnAccount, TokensAreLimited) {
  const auto cookie = session_of("alice");
  for (std::size_t i = 0; i < limits.tokens_per_account; ++i) token_of("alice");
  const nlohmann::json body{{"name", "one more"}, {"scopes", {"read"}}};
  EXPECT_EQ(ask("POST", "/api/account/tokens", cookie, body).status, 409);
  clock.advance(24h);
  EXPECT_EQ(ask("POST", "/api/account/tokens", session_of("alice"), body).status, 201)
      << "expired ones do not count";
}

TEST_F(OwnAccount, ARevokedTokenIsGoodForNothingFromThatMoment) {
  const auto token = token_of("alice");
  const auto asked = with_bearer(request("GET", "/x"), to_string(token));
  EXPECT_EQ(caller(asked).account.id, "alice");
  EXPECT_EQ(ask("DELETE", "/api/account/tokens/" + token.id, session_of("root")).status, 404)
      << "another's token is not there";
  EXPECT_EQ(ask("DELETE", "/api/account/tokens/" + token.id, session_of("alice")).status, 204);
  EXPECT_EQ(caller(asked).via, Via::nobody);
}

TEST_F(OwnAccount, AStolenTokenCanMakeNoOther) {
  const auto bearer = to_string(token_of("root"));
  const auto body = nlohmann::json{{"name", "x"}, {"scopes", {"admin"}}}.dump();
  EXPECT_EQ(ask(with_bearer(request("POST", "/api/account/tokens", body), bearer)).status, 403);
  EXPECT_EQ(ask(with_bearer(request("POST", "/api/account/password", "{}"), bearer)).status, 403);
  EXPECT_EQ(ask(with_bearer(request("DELETE", "/api/account/sessions"), bearer)).status, 403);
}

TEST_F(OwnAccount, ANewPasswordNeedsTheOldOneAndEndsTheOtherSessions) {
  const auto here = session_of("root");
  const auto elsewhere = session_of("root");
  EXPECT_EQ(caller(with_cookie(request("GET", "/x"), elsewhere)).account.id, "root");
  const auto change = [&](const std::string& old_password, const std::string& new_password) {
    return ask("POST", "/api/account/password", here,
               {{"oldPassword", old_password}, {"newPassword", new_password}});
  };
  EXPECT_EQ(change("wrong", "a new long password").status, 422);
  EXPECT_EQ(change("the old password", "short").status, 422);
  EXPECT_EQ(change("the old password", std::string(73, 'x')).status, 422);
  const auto done = change("the old password", "a new long password");
  EXPECT_EQ(done.status, 204);
  EXPECT_EQ(caller(with_cookie(request("GET", "/x"), elsewhere)).via, Via::nobody);
  EXPECT_EQ(caller(with_cookie(request("GET", "/x"), here)).via, Via::nobody);
  EXPECT_EQ(caller(with_cookie(request("GET", "/x"), cookie_set_by(done))).account.id, "root");
  EXPECT_TRUE(
      hasher.verify_password("a new long password", accounts.breakglass["root"].password_hash));
}

TEST_F(OwnAccount, AnIdentityProvidersAccountHasNoPasswordHere) {
  accounts.accounts["alice"].source = AccountSource::oidc;
  EXPECT_EQ(ask("POST", "/api/account/password", session_of("alice"),
                {{"oldPassword", "the old password"}, {"newPassword", "a new long password"}})
                .status,
            409);
}

TEST_F(OwnAccount, SigningOutEverywhereEndsEverySession) {
  const auto here = session_of("alice");
  const auto elsewhere = session_of("alice");
  const auto other = session_of("root");
  EXPECT_EQ(ask("DELETE", "/api/account/sessions", here).status, 204);
  EXPECT_EQ(caller(with_cookie(request("GET", "/x"), here)).via, Via::nobody);
  EXPECT_EQ(caller(with_cookie(request("GET", "/x"), elsewhere)).via, Via::nobody);
  EXPECT_EQ(caller(with_cookie(request("GET", "/x"), other)).account.id, "root");
}

}  // namespace
}  // namespace mosaic::test
