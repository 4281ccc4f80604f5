#include "api/auth/sign_in_handler.hpp"

#include "test/auth/auth_fixture.hpp"

namespace mosaic::test {
namespace {

using namespace std::chrono_literals;

class SignIn : public AuthFixture {
 protected:
  SignIn() {
    put_breakglass("admin", "correct horse battery");
    handler.add_routes(routes);
  }

  void put_breakglass(const std::string& name, const std::string& password, bool active = true) {
    accounts.breakglass[name] = {"id-" + name, name, hasher.hash_password(password), active};
  }

  Response ask(Request asked) {
    const auto found = router.find(asked);
    const auto* route = std::get_if<const Route*>(&found);
    return route == nullptr ? std::get<Response>(found) : (*route)->handler(asked);
  }

  static Request attempt(const std::string& name, const std::string& password) {
    return request("POST", "/api/auth/sign-in",
                   nlohmann::json{{"username", name}, {"password", password}}.dump());
  }

  PasswordHasher hasher{PasswordHasher::min_cost};
  PasswordCheck passwords{accounts, hasher, clock};
  AuditTrail audit{accounts, clock, Logger::silent()};
  std::map<std::string, int> counted;
  SessionDesk sessions{
      accounts, gatekeeper, audit, clock, origin, limits, [this](std::string_view result) {
        ++counted[std::string(result)];
      }};
  SignInHandler handler{accounts, passwords, sessions,
                        clock,    limits,    [] { return OidcMethod{true, "Company"}; }};
  Router router;
  GuardedRoutes routes{router, gatekeeper};
};

TEST_F(SignIn, GivesASessionThatIsStoredHashed) {
  const auto response = ask(attempt("admin", "correct horse battery"));
  ASSERT_EQ(response.status, 200) << response.body;
  const auto cookie = cookie_set_by(response);
  EXPECT_EQ(cookie.size(), 64U);
  EXPECT_EQ(response.find_field("set-cookie")->substr(64 + 14),
            "; Path=/; Max-Age=604800; HttpOnly; SameSite=Lax; Secure");
  EXPECT_TRUE(accounts.sessions.contains(sha256_hex(cookie)));
  EXPECT_EQ(response.body.find(cookie), std::string::npos);
  const auto me = json_of(ask(with_cookie(request("GET", "/api/auth/session"), cookie)));
  EXPECT_EQ(me["signedIn"], true);
  EXPECT_EQ(me["account"]["name"], "admin");
  EXPECT_EQ(me["account"]["role"], "admin");
  EXPECT_EQ(me["via"], "session");
  EXPECT_EQ(me["expiresAt"], to_iso8601(clock.now() + limits.session_absolute));
  EXPECT_EQ(counted["success"], 1);
  ASSERT_EQ(accounts.audit_entries.size(), 1U);
  EXPECT_EQ(accounts.audit_entries[0].action, "session.create");
  EXPECT_EQ(accounts.audit_entries[0].remote, "192.0.2.7");
}

TEST_F(SignIn, EveryFailureLooksTheSame) {
  put_breakglass("retired", "correct horse battery", false);
  put_breakglass("barred", "correct horse battery");
  put("id-barred", Role::admin, true);
  const auto wrong = ask(attempt("admin", "wrong"));
  const auto unknown = ask(attempt("nobody", "wrong"));
  const auto inactive = ask(attempt("retired", "correct horse battery"));
  const auto disabled = ask(attempt("barred", "correct horse battery"));
  for (const auto* response : {&wrong, &unknown, &inactive, &disabled}) {
    EXPECT_EQ(response->status, 401);
    EXPECT_EQ(response->body, wrong.body);
    EXPECT_EQ(response->fields, wrong.fields);
    EXPECT_EQ(cookie_set_by(*response), "");
  }
  EXPECT_EQ(counted["failure"], 4);
  EXPECT_TRUE(accounts.sessions.empty());
}

TEST_F(SignIn, OfAnAccountThatIsDisabledMeanwhileFailsAsEver) {
  accounts.disabled_meanwhile = true;
  const auto response = ask(attempt("admin", "correct horse battery"));
  EXPECT_EQ(response.status, 401);
  EXPECT_EQ(cookie_set_by(response), "");
}

TEST_F(SignIn, EndsTheSessionThatTheBrowserHadBefore) {
  const auto before = session_of("alice");
  const auto response = ask(with_cookie(attempt("admin", "correct horse battery"), before));
  ASSERT_EQ(response.status, 200);
  EXPECT_NE(cookie_set_by(response), before);
  EXPECT_FALSE(accounts.sessions.contains(sha256_hex(before)));
}

TEST_F(SignIn, TakesNoPasswordThatBcryptWouldCut) {
  EXPECT_EQ(ask(attempt("admin", std::string(73, 'x'))).status, 422);
  EXPECT_EQ(ask(attempt("admin", std::string("correct horse battery\0x", 23))).status, 422);
  EXPECT_EQ(ask(attempt("admin", "")).status, 422);
  EXPECT_EQ(ask(attempt(std::string(1'000'000, 'x'), "correct horse battery")).status, 422);
  EXPECT_TRUE(accounts.audit_entries.empty());
}

TEST_F(SignIn, SlowsGuessingDown) {
  for (int i = 0; i < 3; ++i) EXPECT_EQ(ask(attempt("admin", "wrong")).status, 401);
  const auto response = ask(attempt("admin", "correct horse battery"));
  EXPECT_EQ(response.status, 429);
  EXPECT_EQ(*response.find_field("retry-after"), "1");
  EXPECT_EQ(counted["throttled"], 1);
  clock.advance(1s);
  EXPECT_EQ(ask(attempt("admin", "correct horse battery")).status, 200);
}

TEST_F(SignIn, NotForAnotherSitesPage) {
  auto asked = attempt("admin", "correct horse battery");
  asked.fields[1].value = "cross-site";
  EXPECT_EQ(ask(asked).status, 403);
  asked.fields = {{"host", own_host}, {"content-type", "application/json"}};
  EXPECT_EQ(ask(asked).status, 200) << "programs say nothing of an origin";
  asked.fields[1].value = "text/plain";
  EXPECT_EQ(ask(asked).status, 415);
}

TEST_F(SignIn, SigningOutEndsTheSession) {
  const auto cookie = session_of("alice");
  auto asked = with_cookie(request("POST", "/api/auth/sign-out"), cookie);
  const auto response = ask(asked);
  EXPECT_EQ(response.status, 204);
  EXPECT_NE(response.find_field("set-cookie")->find("__Host-mosaic=; Path=/; Max-Age=0"),
            std::string::npos);
  EXPECT_TRUE(accounts.sessions.empty());
  EXPECT_EQ(ask(asked).status, 204) << "once more is as well";
  EXPECT_EQ(json_of(ask(with_cookie(request("GET", "/api/auth/session"), cookie)))["signedIn"],
            false);
}

TEST_F(SignIn, TellsWhoATokenIs) {
  const auto me =
      json_of(ask(with_bearer(request("GET", "/api/auth/session"), to_string(token_of("alice")))));
  EXPECT_EQ(me["via"], "token");
  EXPECT_EQ(me["account"]["id"], "alice");
  EXPECT_EQ(me["scopes"], nlohmann::json({"chat", "read", "write"}));
}

TEST_F(SignIn, MethodsAreForEverybody) {
  const auto methods = json_of(ask(request("GET", "/api/auth/methods")));
  EXPECT_EQ(methods["breakglass"], true);
  EXPECT_EQ(methods["oidc"]["enabled"], true);
  EXPECT_EQ(methods["oidc"]["label"], "Company");
}

}  // namespace
}  // namespace mosaic::test
