#include "api/auth/gatekeeper.hpp"

#include "api/auth/set_up_token.hpp"
#include "api/problem.hpp"
#include "test/auth/auth_fixture.hpp"

namespace mosaic::test {
namespace {

using namespace std::chrono_literals;

constexpr AccessRule anonymous{Admission::anonymous, Scope::read};
constexpr AccessRule set_up{Admission::set_up, Scope::admin};
constexpr AccessRule read_rule{Admission::signed_in, Scope::read};
constexpr AccessRule chat_rule{Admission::signed_in, Scope::chat};
constexpr AccessRule by_session{Admission::by_session, Scope::write};
constexpr AccessRule admin_rule{Admission::admin, Scope::read};

Scopes only(std::initializer_list<Scope> scopes) {
  Scopes made;
  for (const Scope scope : scopes) made.add(scope);
  return made;
}

class Gate : public AuthFixture {};

TEST_F(Gate, TheMatrixOfWhoMayUseWhatHolds) {
  auto expired = token_of("root");
  accounts.tokens.at(expired.id).expires_at = clock.now();
  auto revoked = token_of("root");
  accounts.tokens.at(revoked.id).revoked_at = clock.now();
  auto wrong_secret = token_of("root");
  wrong_secret.secret = generate_token();
  const auto get = request("GET", "/x");
  const struct {
    const char* who;
    Request request;
    std::array<int, 6> expected;  // anonymous, set_up, read, chat, by_session, admin
  } rows[] = {
      {"nobody", get, {0, 401, 401, 401, 401, 401}},
      {"user's session", with_cookie(get, session_of("alice")), {0, 401, 0, 0, 0, 404}},
      {"admin's session", with_cookie(get, session_of("root")), {0, 0, 0, 0, 0, 0}},
      {"disabled admin's session",
       with_cookie(get, session_of("gone")),
       {0, 401, 401, 401, 401, 401}},
      {"unknown cookie", with_cookie(get, generate_token()), {0, 401, 401, 401, 401, 401}},
      {"user's token", with_bearer(get, to_string(token_of("alice"))), {0, 401, 0, 0, 403, 404}},
      {"admin's token", with_bearer(get, to_string(token_of("root"))), {0, 401, 0, 0, 403, 0}},
      {"admin's token to chat",
       with_bearer(get, to_string(token_of("root", only({Scope::chat})))),
       {0, 401, 403, 0, 403, 403}},
      {"admin's token to read",
       with_bearer(get, to_string(token_of("root", only({Scope::read})))),
       {0, 401, 0, 403, 403, 403}},
      {"user's token to administer",
       with_bearer(get, to_string(token_of("alice", only({Scope::admin})))),
       {0, 401, 403, 403, 403, 404}},
      {"disabled admin's token",
       with_bearer(get, to_string(token_of("gone"))),
       {0, 401, 401, 401, 401, 401}},
      {"expired token", with_bearer(get, to_string(expired)), {0, 401, 401, 401, 401, 401}},
      {"revoked token", with_bearer(get, to_string(revoked)), {0, 401, 401, 401, 401, 401}},
      {"wrong secret", with_bearer(get, to_string(wrong_secret)), {0, 401, 401, 401, 401, 401}},
      {"an agent's token", with_bearer(get, generate_token()), {0, 401, 401, 401, 401, 401}},
      {"another scheme", with_bearer(get, "x"), {0, 401, 401, 401, 401, 401}},
  };
  const std::array rules{anonymous, set_up, read_rule, chat_rule, by_session, admin_rule};
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < rules.size(); ++i)
      EXPECT_EQ(status(row.request, rules[i]), row.expected[i]) << row.who << ", rule " << i;
  }
}

TEST_F(Gate, WhatAnAdminOnlyMayLooksToOthersLikeNothing) {
  const auto admitted =
      gatekeeper.admit(with_cookie(request("GET", "/x"), session_of("alice")), admin_rule);
  const auto& refusal = std::get<Response>(admitted);
  const auto nothing = not_found_response();
  EXPECT_EQ(refusal.status, nothing.status);
  EXPECT_EQ(refusal.body, nothing.body);
  EXPECT_EQ(refusal.fields, nothing.fields);
}

TEST_F(Gate, CallersAreKnownByWhatTheyShow) {
  const auto by_cookie = caller(with_cookie(request("GET", "/x"), session_of("root")));
  EXPECT_EQ(by_cookie.via, Via::session);
  EXPECT_EQ(by_cookie.account.id, "root");
  EXPECT_TRUE(by_cookie.is_admin());
  const auto text = token_of("alice");
  const auto by_token = caller(with_bearer(request("GET", "/x"), to_string(text)));
  EXPECT_EQ(by_token.via, Via::token);
  EXPECT_EQ(by_token.token_id, text.id);
  EXPECT_FALSE(by_token.scopes.has(Scope::admin))
      << "scopes are cut to the owner's rights of today";
  EXPECT_EQ(caller(request("GET", "/x")).via, Via::nobody);
}

TEST_F(Gate, AnAuthorizationFieldDecidesAlone) {
  auto both = with_cookie(request("GET", "/x"), session_of("root"));
  EXPECT_EQ(status(with_bearer(both, generate_token()), read_rule), 401);
  auto twice = with_bearer(with_bearer(both, to_string(token_of("root"))), "x");
  EXPECT_EQ(status(twice, read_rule), 401);
}

TEST_F(Gate, ATokenInAQueryIsRefusedEverywhere) {
  auto asked = with_cookie(request("GET", "/x"), session_of("root"));
  asked.query = "access_token=" + to_string(token_of("root"));
  for (const auto& rule : {anonymous, set_up, read_rule, admin_rule})
    EXPECT_EQ(status(asked, rule), 400);
}

TEST_F(Gate, PlainCookieNameCountsOnThisHostOnly) {
  const auto cookie = session_of("alice");
  auto asked = request("GET", "/x");
  asked.fields = {{"host", "localhost:8080"}, {"cookie", "mosaic=" + cookie}};
  EXPECT_EQ(status(asked, read_rule), 0);
  asked.fields = {{"host", own_host}, {"cookie", "mosaic=" + cookie}};
  EXPECT_EQ(status(asked, read_rule), 401);
  asked.fields = {{"host", "localhost:8080"}, {"cookie", "__Host-mosaic=" + cookie}};
  EXPECT_EQ(status(asked, read_rule), 401);
}

TEST_F(Gate, UnsafeMethodsOfASessionComeFromOurOwnPages) {
  const auto cookie = session_of("root");
  for (const auto* method : {"POST", "PUT", "PATCH", "DELETE"}) {
    for (const auto& rule : {anonymous, set_up, read_rule, by_session, admin_rule}) {
      Request asked;
      asked.method = method;
      asked.fields = {{"host", own_host},
                      {"cookie", "__Host-mosaic=" + cookie},
                      {"content-type", "application/json"}};
      EXPECT_EQ(status(asked, rule), 403) << method << ": neither field";
      auto other = asked;
      other.fields.push_back({"sec-fetch-site", "cross-site"});
      EXPECT_EQ(status(other, rule), 403) << method;
      auto own = asked;
      own.fields.push_back({"origin", "https://" + own_host});
      EXPECT_EQ(status(own, rule), 0) << method;
      own.fields[2].value = "text/plain";
      EXPECT_EQ(status(own, rule), std::string(method) == "DELETE" ? 0 : 415) << method;
    }
  }
}

TEST_F(Gate, TokensNeedNoOrigin) {
  Request asked;
  asked.method = "POST";
  asked.fields = {{"host", own_host}, {"sec-fetch-site", "cross-site"}};
  EXPECT_EQ(status(with_bearer(asked, to_string(token_of("alice"))), read_rule), 0);
}

TEST_F(Gate, SetUpTakesTheTokenUntilItIsCompleted) {
  const auto token = make_set_up_token(settings);
  auto asked = request("POST", "/x");
  asked.fields.push_back({"x-mosaic-setup-token", *token});
  EXPECT_EQ(status(asked, set_up), 0);
  EXPECT_EQ(caller(asked, set_up).via, Via::set_up);
  EXPECT_FALSE(caller(asked, set_up).is_admin());
  EXPECT_EQ(status(asked, read_rule), 401) << "it opens nothing else";
  auto wrong = request("POST", "/x");
  wrong.fields.push_back({"x-mosaic-setup-token", generate_token()});
  EXPECT_EQ(status(wrong, set_up), 401);
  settings.config["onboarding.completed"] = {"true", false};
  EXPECT_EQ(status(asked, set_up), 409);
  EXPECT_EQ(status(with_cookie(request("POST", "/x"), session_of("root")), set_up), 409);
}

TEST_F(Gate, SessionsEndWhenIdleAndAtTheirAbsoluteLimit) {
  const auto idle = with_cookie(request("GET", "/x"), session_of("alice"));
  clock.advance(limits.session_idle);
  EXPECT_EQ(status(idle, read_rule), 401);
  const auto busy = with_cookie(request("GET", "/x"), session_of("alice"));
  const auto end = clock.now() + limits.session_absolute;
  while (clock.now() < end) {
    EXPECT_EQ(status(busy, read_rule), 0);
    clock.advance(6h);
  }
  EXPECT_EQ(status(busy, read_rule), 401);
}

TEST_F(Gate, SessionsEndWhenTheAccountIsDisabled) {
  const auto asked = with_cookie(request("GET", "/x"), session_of("alice"));
  EXPECT_EQ(status(asked, read_rule), 0);
  AccountChange change;
  change.disabled = true;
  accounts.update_account("alice", change, std::nullopt);
  gatekeeper.on_account_changed("alice");
  EXPECT_EQ(status(asked, read_rule), 401);
}

TEST_F(Gate, ARevokedTokenEndsAtOnceWhenToldAndInSecondsWhenNot) {
  const auto text = token_of("alice");
  const auto asked = with_bearer(request("GET", "/x"), to_string(text));
  EXPECT_EQ(status(asked, read_rule), 0);
  accounts.revoke_token("alice", text.id, clock.now());
  EXPECT_EQ(status(asked, read_rule), 0) << "remembered, and nobody has told";
  clock.advance(limits.remember);
  EXPECT_EQ(status(asked, read_rule), 401);
  const auto other = token_of("alice");
  const auto told = with_bearer(request("GET", "/x"), to_string(other));
  EXPECT_EQ(status(told, read_rule), 0);
  accounts.revoke_token("alice", other.id, clock.now());
  gatekeeper.on_account_changed("alice");
  EXPECT_EQ(status(told, read_rule), 401);
}

TEST_F(Gate, AReconnectForgetsEverything) {
  const auto asked = with_cookie(request("GET", "/x"), session_of("alice"));
  EXPECT_EQ(status(asked, read_rule), 0);
  accounts.sessions.clear();
  gatekeeper.on_accounts_missed();
  EXPECT_EQ(status(asked, read_rule), 401);
}

TEST_F(Gate, BusyClientsCostOneReadInAFewSecondsAndOneTouchAMinute) {
  const auto by_cookie = with_cookie(request("GET", "/x"), session_of("alice"));
  const auto by_token = with_bearer(request("GET", "/x"), to_string(token_of("alice")));
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(status(by_cookie, read_rule), 0);
    EXPECT_EQ(status(by_token, read_rule), 0);
  }
  EXPECT_EQ(accounts.reads, 2);
  EXPECT_EQ(accounts.touches, 1) << "the token's first use";
  for (int second = 0; second < 600; ++second) {
    clock.advance(1s);
    status(by_cookie, read_rule);
    status(by_token, read_rule);
  }
  EXPECT_LE(accounts.touches, 1 + 2 * 10);
  EXPECT_GE(accounts.touches, 1 + 2 * 9);
}

TEST_F(Gate, AnswersFromMemoryAloneWhereNobodyMayWait) {
  const auto cookie = session_of("alice");
  const auto asked = with_cookie(request("GET", "/x"), cookie);
  EXPECT_FALSE(gatekeeper.admit_remembered(asked, read_rule));
  EXPECT_EQ(status(asked, read_rule), 0);
  accounts.away = true;
  const auto remembered = gatekeeper.admit_remembered(asked, read_rule);
  ASSERT_TRUE(remembered);
  EXPECT_EQ(std::get<Caller>(*remembered).account.id, "alice");
  const auto nobody = gatekeeper.admit_remembered(request("GET", "/x"), read_rule);
  ASSERT_TRUE(nobody);
  EXPECT_EQ(std::get<Response>(*nobody).status, 401);
  clock.advance(limits.remember);
  EXPECT_FALSE(gatekeeper.admit_remembered(asked, read_rule));
  EXPECT_THROW(gatekeeper.admit(asked, read_rule), StoreError);
}

}  // namespace
}  // namespace mosaic::test
