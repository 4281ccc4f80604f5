// The whole way through an identity provider, against one in memory that can be made to misbehave.
#include "api/auth/oidc/oidc_handler.hpp"

#include "http/http_error.hpp"
#include "test/auth/auth_fixture.hpp"
#include "test/auth/issuer_key.hpp"

namespace mosaic::test {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

const std::string issuer = "https://issuer.example";

class FakeIssuer final : public OutboundClient {
 public:
  explicit FakeIssuer(const Clock& clock) : clock_(clock) {}

  HttpAnswer fetch(const OutboundRequest& request, const OutboundPolicy& policy) override {
    policies.push_back(policy);
    asked.push_back(request.url.target);
    last_request = request;
    if (hangs) throw HttpError(HttpErrorKind::time_up, "no answer in time");
    HttpAnswer answer;
    answer.status = 200;
    if (request.url.target == "/.well-known/openid-configuration") {
      answer.body = document.dump();
    } else if (request.url.target == "/keys") {
      if (keys_away) throw HttpError(HttpErrorKind::cannot_connect, "refused");
      answer.body = garbage_keys ? "<html>" : json{{"keys", {key->jwk()}}}.dump();
    } else if (token_status != 200) {
      answer.status = token_status;
      answer.body = R"({"error":"invalid_grant","error_description":"sentinel-description"})";
    } else {
      answer.body = json{{"id_token", key->sign(claims(), header)}, {"access_token", "x"}}.dump();
    }
    return answer;
  }

  json claims() const {
    const auto now =
        std::chrono::duration_cast<std::chrono::seconds>(clock_.now().time_since_epoch()).count();
    json all{{"iss", issuer},
             {"sub", "subject-1"},
             {"aud", "client"},
             {"iat", now},
             {"exp", now + 300},
             {"nonce", nonce},
             {"email", "alice@example.com"},
             {"name", "Alice"}};
    all.update(extra);
    return all;
  }

  int count(const std::string& target) const {
    return static_cast<int>(std::count(asked.begin(), asked.end(), target));
  }

  std::unique_ptr<IssuerKey> key = std::make_unique<IssuerKey>(IssuerKey::Kind::p256, "k1");
  json document{{"issuer", issuer},
                {"authorization_endpoint", issuer + "/authorize"},
                {"token_endpoint", issuer + "/token"},
                {"jwks_uri", issuer + "/keys"}};
  json extra = json::object();
  json header = json::object();
  std::string nonce;
  int token_status = 200;
  bool hangs = false;
  bool keys_away = false;
  bool garbage_keys = false;
  std::vector<std::string> asked;
  std::vector<OutboundPolicy> policies;
  OutboundRequest last_request;

 private:
  const Clock& clock_;
};

class Oidc : public AuthFixture {
 protected:
  Oidc() {
    OidcSettings oidc;
    oidc.issuer_url = issuer;
    oidc.client_id = "client";
    oidc.client_secret = "the client's secret";
    oidc.label = "Company";
    settings.write_config(oidc_changes(oidc, box));
    handler.add_routes(routes);
  }

  Response ask(Request asked) {
    const auto found = router.find(asked);
    const auto* route = std::get_if<const Route*>(&found);
    return route == nullptr ? std::get<Response>(found) : (*route)->handler(asked);
  }

  struct Begun {
    Response response;
    std::string cookie;
    std::map<std::string, std::string> query;  // of the redirect
  };

  Begun begin(const std::string& next = "") {
    auto asked = request("GET", "/api/auth/oidc/start");
    if (!next.empty()) asked.query = "next=" + next;
    Begun begun;
    begun.response = ask(asked);
    const auto* location = begun.response.find_field("location");
    if (location == nullptr) return begun;
    std::string rest = location->substr(location->find('?') + 1);
    while (!rest.empty()) {
      const auto pair = rest.substr(0, rest.find('&'));
      rest = rest.find('&') == std::string::npos ? "" : rest.substr(rest.find('&') + 1);
      begun.query[pair.substr(0, pair.find('='))] =
          *percent_decoded(pair.substr(pair.find('=') + 1));
    }
    const auto& set = *begun.response.find_field("set-cookie");
    begun.cookie = set.substr(0, set.find(';'));
    provider_side.nonce = begun.query["nonce"];
    return begun;
  }

  Response come_back(const Begun& begun, std::string query = "") {
    auto asked = request("GET", "/api/auth/oidc/callback");
    auto state = begun.query.find("state");
    if (query.empty() && state != begun.query.end()) query = "code=abc&state=" + state->second;
    asked.query = query;
    asked.fields.push_back({"cookie", begun.cookie});
    return ask(asked);
  }
  Response whole_way() { return come_back(begin()); }

  void set(const std::string& key, const std::string& value) {
    settings.config[key] = {value, false};
  }

  SecretBox box{"a secret of more than thirty-two characters"};
  FakeIssuer provider_side{clock};
  AuditTrail audit{accounts, clock, Logger::silent()};
  std::map<std::string, int> counted;
  SessionDesk sessions{
      accounts, gatekeeper, audit, clock, origin, limits, [this](std::string_view result) {
        ++counted[std::string(result)];
      }};
  oidc::ProviderClient client{provider_side, clock, {}};
  oidc::OidcHandler handler{accounts, settings, box, client, sessions, clock, Logger::silent()};
  Router router;
  GuardedRoutes routes{router, gatekeeper};
};

TEST_F(Oidc, SendsTheBrowserWithEverythingThatProtectsTheWayBack) {
  const auto begun = begin();
  ASSERT_EQ(begun.response.status, 303) << begun.response.body;
  EXPECT_EQ(begun.response.find_field("location")->substr(0, issuer.size() + 11),
            issuer + "/authorize?");
  EXPECT_EQ(begun.query.at("response_type"), "code");
  EXPECT_EQ(begun.query.at("client_id"), "client");
  EXPECT_EQ(begun.query.at("redirect_uri"), "https://" + own_host + "/api/auth/oidc/callback");
  EXPECT_EQ(begun.query.at("scope"), "openid profile email");
  EXPECT_EQ(begun.query.at("code_challenge_method"), "S256");
  EXPECT_EQ(begun.query.at("code_challenge").size(), 43U);
  EXPECT_EQ(begun.query.at("state").size(), 64U);
  EXPECT_NE(begun.query.at("state"), begun.query.at("nonce"));
  EXPECT_TRUE(begun.cookie.starts_with("__Host-mosaic-sign-in=enc:"));
  EXPECT_TRUE(
      begun.response.find_field("set-cookie")->ends_with("; HttpOnly; SameSite=Lax; Secure"));
}

TEST_F(Oidc, SignsInWhoComesBackRight) {
  const auto response = come_back(begin("/agents"));
  ASSERT_EQ(response.status, 303) << response.body;
  EXPECT_EQ(*response.find_field("location"), "/agents");
  const auto me = caller(with_cookie(request("GET", "/x"), cookie_set_by(response)));
  EXPECT_EQ(me.account.issuer, issuer);
  EXPECT_EQ(me.account.subject, "subject-1");
  EXPECT_EQ(me.account.name, "Alice");
  EXPECT_EQ(me.account.role, Role::user) << "admin is never the default";
  EXPECT_EQ(counted["success"], 1);
}

TEST_F(Oidc, ProvesItselfToTheTokenEndpoint) {
  const auto basic =
      oidc::token_request({.issuer_url = "", .client_id = "a b:c", .client_secret = "p&q"},
                          oidc::ClientAuthentication::basic, {"code&1", "verifier", "https://x/y"});
  EXPECT_EQ(basic.form,
            "grant_type=authorization_code&code=code%261&redirect_uri=https%3A%2F%2Fx%2Fy&code_"
            "verifier=verifier");
  EXPECT_EQ(basic.authorization, "Basic YSUyMGIlM0FjOnAlMjZx");
  const auto post =
      oidc::token_request({.issuer_url = "", .client_id = "a", .client_secret = "p&q"},
                          oidc::ClientAuthentication::post, {"c", "v", "r"});
  EXPECT_TRUE(post.form.ends_with("&client_id=a&client_secret=p%26q"));
  EXPECT_EQ(post.authorization, "");
  const auto open = oidc::token_request({.issuer_url = "", .client_id = "a"},
                                        oidc::ClientAuthentication::basic, {"c", "v", "r"});
  EXPECT_TRUE(open.form.ends_with("&client_id=a"));
  EXPECT_EQ(open.authorization, "");
}

TEST_F(Oidc, AStateIsGoodForOneReturnInTheSameBrowser) {
  const auto begun = begin();
  EXPECT_EQ(come_back(begun, "code=abc&state=" + std::string(64, '0')).status, 400);
  auto without_cookie = begun;
  without_cookie.cookie = "x=y";
  EXPECT_EQ(come_back(without_cookie).status, 400);
  const auto other = begin();
  auto crossed = begun;
  crossed.cookie = other.cookie;
  EXPECT_EQ(come_back(crossed).status, 400);
  provider_side.nonce = begun.query.at("nonce");
  EXPECT_EQ(come_back(begun).status, 303);
  EXPECT_EQ(come_back(begun).status, 400) << "replayed";
}

TEST_F(Oidc, ATransactionEndsAfterTenMinutes) {
  const auto begun = begin();
  clock.advance(10min);
  EXPECT_EQ(come_back(begun).status, 400);
}

TEST_F(Oidc, ACookieOfAnotherKeyOrPurposeOpensNothing) {
  auto begun = begin();
  const std::string name = "__Host-mosaic-sign-in=";
  begun.cookie = name + SecretBox("another secret of thirty-two characters").encrypt("{}");
  EXPECT_EQ(come_back(begun).status, 400);
  begun.cookie = name + box.encrypt(R"({"state":"x"})");
  EXPECT_EQ(come_back(begun).status, 400);
  begun.cookie = name + box.encrypt("a provider's key");
  EXPECT_EQ(come_back(begun).status, 400);
  begun.cookie = name + "enc:AAAA";
  EXPECT_EQ(come_back(begun).status, 400);
}

TEST_F(Oidc, TokensThatSayAnythingElseSignNobodyIn) {
  const json wrong[] = {{{"aud", "another"}},   {{"iss", "https://evil.example"}},
                        {{"nonce", "another"}}, {{"exp", 1}},
                        {{"iat", 99999999999}}, {{"azp", "another"}},
                        {{"sub", ""}},          {{"nbf", 99999999999}}};
  for (const auto& claims : wrong) {
    provider_side.extra = claims;
    EXPECT_EQ(whole_way().status, 502) << claims;
  }
  provider_side.extra = json::object();
  provider_side.header = {{"alg", "none"}};
  EXPECT_EQ(whole_way().status, 502);
  EXPECT_TRUE(accounts.sessions.empty());
}

TEST_F(Oidc, WhatTheProviderSaysIsNotRepeated) {
  provider_side.token_status = 400;
  const auto refused = whole_way();
  EXPECT_EQ(refused.status, 502);
  EXPECT_EQ(refused.body.find("sentinel"), std::string::npos);
  const auto begun = begin();
  const auto error = come_back(
      begun, "error=access_denied&error_description=sentinel&state=" + begun.query.at("state"));
  EXPECT_EQ(error.status, 401);
  EXPECT_EQ(error.body.find("sentinel"), std::string::npos);
}

TEST_F(Oidc, BrowsersAreLedBackToTheSignInPage) {
  provider_side.token_status = 400;
  const auto begun = begin();
  auto asked = request("GET", "/api/auth/oidc/callback");
  asked.query = "code=abc&state=" + begun.query.at("state");
  asked.fields.push_back({"cookie", begun.cookie});
  asked.fields.push_back({"accept", "text/html,*/*;q=0.8"});
  const auto response = ask(asked);
  EXPECT_EQ(response.status, 303);
  EXPECT_EQ(*response.find_field("location"), "/sign-in?error=provider-failed");
}

TEST_F(Oidc, AnAnswerOfAnotherIssuerIsNotTaken) {
  const auto begun = begin();
  const auto state = begun.query.at("state");
  EXPECT_EQ(come_back(begun, "code=abc&iss=https%3A%2F%2Fevil.example&state=" + state).status, 400);
  EXPECT_EQ(come_back(begun, "code=abc&iss=https%3A%2F%2Fissuer.example&state=" + state).status,
            303);
}

TEST_F(Oidc, AnIssuerChangedMeanwhileVoidsWhatWasBegun) {
  const auto begun = begin();
  set("oidc.issuerUrl", "https://other.example");
  EXPECT_EQ(come_back(begun).status, 400);
}

TEST_F(Oidc, NextLeadsToOurOwnPagesOnly) {
  EXPECT_EQ(*come_back(begin("%2F%2Fevil.example")).find_field("location"), "/");
  EXPECT_EQ(*come_back(begin("%2F%5Cevil.example")).find_field("location"), "/");
  EXPECT_EQ(*come_back(begin("/a&next=/b")).find_field("location"), "/");
  EXPECT_EQ(*come_back(begin("%2Fsettings%3Ftab%3Doidc")).find_field("location"),
            "/settings?tab=oidc");
}

TEST_F(Oidc, RolesAreThoseOfTheClaimOfThisSignIn) {
  provider_side.extra = {{"roles", {"mosaic-admin"}}};
  const auto promoted = caller(with_cookie(request("GET", "/x"), cookie_set_by(whole_way())));
  EXPECT_TRUE(promoted.is_admin());
  provider_side.extra = {{"roles", {"staff"}}};
  const auto demoted = caller(with_cookie(request("GET", "/x"), cookie_set_by(whole_way())));
  EXPECT_EQ(demoted.account.id, promoted.account.id);
  EXPECT_FALSE(demoted.is_admin());
}

TEST_F(Oidc, AccessCanDependOnTheClaim) {
  set("oidc.userValue", "mosaic-user");
  EXPECT_EQ(whole_way().status, 401);
  provider_side.extra = {{"roles", {"mosaic-user"}}};
  EXPECT_EQ(whole_way().status, 303);
  provider_side.extra = {{"roles", "mosaic-admin"}};
  EXPECT_EQ(whole_way().status, 303);
}

TEST_F(Oidc, TheSameAddressWithAnotherSubjectIsAnotherPerson) {
  const auto first = caller(with_cookie(request("GET", "/x"), cookie_set_by(whole_way())));
  provider_side.extra = {{"sub", "subject-2"}};
  const auto second = caller(with_cookie(request("GET", "/x"), cookie_set_by(whole_way())));
  EXPECT_EQ(first.account.email, second.account.email);
  EXPECT_NE(first.account.id, second.account.id);
}

TEST_F(Oidc, ADisabledAccountStaysOut) {
  const auto me = caller(with_cookie(request("GET", "/x"), cookie_set_by(whole_way())));
  accounts.accounts[me.account.id].disabled = true;
  EXPECT_EQ(whole_way().status, 401);
}

TEST_F(Oidc, RotatedKeysAreFetchedAtMostOnceAMinute) {
  EXPECT_EQ(whole_way().status, 303);
  EXPECT_EQ(provider_side.count("/keys"), 1);
  EXPECT_EQ(whole_way().status, 303);
  EXPECT_EQ(provider_side.count("/keys"), 1) << "remembered";
  const auto rotate = [&](const char* id) {
    provider_side.key = std::make_unique<IssuerKey>(IssuerKey::Kind::p256, id);
  };
  rotate("k2");
  EXPECT_EQ(whole_way().status, 303) << "an unknown key has the set fetched again";
  EXPECT_EQ(provider_side.count("/keys"), 2);
  rotate("k3");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(whole_way().status, 502) << "once a minute";
  EXPECT_EQ(provider_side.count("/keys"), 2);
  clock.advance(60s);
  EXPECT_EQ(whole_way().status, 303);
  EXPECT_EQ(provider_side.count("/keys"), 3);
  clock.advance(10min);
  EXPECT_EQ(whole_way().status, 303);
  EXPECT_EQ(provider_side.count("/keys"), 4);
}

TEST_F(Oidc, TheLastGoodKeysAndDescriptionStayInUse) {
  EXPECT_EQ(whole_way().status, 303);
  clock.advance(11min);
  provider_side.garbage_keys = true;
  EXPECT_EQ(whole_way().status, 303);
  clock.advance(2min);
  provider_side.garbage_keys = false;
  provider_side.keys_away = true;
  provider_side.document["issuer"] = "https://evil.example";
  clock.advance(11min);
  EXPECT_EQ(whole_way().status, 303);
}

TEST_F(Oidc, AnIssuerThatHangsIsNotWaitedForByEverybody) {
  provider_side.hangs = true;
  EXPECT_EQ(begin().response.status, 502);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(begin().response.status, 502);
  EXPECT_EQ(provider_side.asked.size(), 1U);
  clock.advance(5s);
  provider_side.hangs = false;
  EXPECT_EQ(begin().response.status, 303);
}

TEST_F(Oidc, SettingsTakeEffectAtOnce) {
  EXPECT_TRUE(handler.method().enabled);
  EXPECT_EQ(handler.method().label, "Company");
  EXPECT_EQ(begin().response.status, 303);
  set("oidc.enabled", "false");
  EXPECT_EQ(begin().response.status, 409);
  EXPECT_FALSE(handler.method().enabled);
  set("oidc.enabled", "true");
  set("oidc.issuerUrl", "https://other.example");
  EXPECT_EQ(begin().response.status, 502)
      << "what was remembered of the other issuer does not count";
  set("oidc.issuerUrl", issuer);
  EXPECT_EQ(begin().response.status, 303);
}

TEST_F(Oidc, ASecretOfAnotherKeyIsSaidAndNotSent) {
  settings.config["oidc.clientSecret"] = {
      SecretBox("another secret of thirty-two characters").encrypt("x"), true};
  EXPECT_EQ(begin().response.status, 502);
  EXPECT_TRUE(provider_side.asked.empty());
}

TEST_F(Oidc, TheIssuerIsAskedUnderTheHousesRules) {
  whole_way();
  for (const auto& policy : provider_side.policies) {
    EXPECT_TRUE(policy.https_only);
    EXPECT_FALSE(policy.private_addresses);
  }
  set("oidc.privateAddresses", "true");
  whole_way();
  EXPECT_TRUE(provider_side.policies.back().private_addresses);
}

}  // namespace
}  // namespace mosaic::test
