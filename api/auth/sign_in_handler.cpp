#include "api/auth/sign_in_handler.hpp"

#include <nlohmann/json.hpp>

#include "api/auth/access_decision.hpp"
#include "api/auth/origin_check.hpp"
#include "api/json_body.hpp"
#include "api/json_response.hpp"

namespace mosaic {
namespace {

using Json = nlohmann::ordered_json;

Json scope_words(Scopes scopes) {
  Json words = Json::array();
  for (const Scope scope : {Scope::chat, Scope::read, Scope::write, Scope::admin}) {
    if (scopes.has(scope)) words.push_back(to_string(scope));
  }
  return words;
}

Json describe(const Account& account) {
  return {{"id", account.id},
          {"name", account.name},
          {"email", account.email},
          {"role", to_string(account.role)},
          {"source", to_string(account.source)},
          {"agentAllowed", account.agent_allowed}};
}

Json signed_in(const Account& account, std::string_view via, Scopes scopes,
               std::optional<TimePoint> expires_at) {
  Json body{{"signedIn", true}, {"via", via}, {"account", describe(account)}};
  body["scopes"] = scope_words(scopes);
  body["expiresAt"] = expires_at ? Json(to_iso8601(*expires_at)) : Json(nullptr);
  return body;
}

}  // namespace

void SignInHandler::add_routes(GuardedRoutes& routes) const {
  const AccessRule everybody{Admission::anonymous, Scope::read};
  routes.add("POST", "/api/auth/sign-in", everybody,
             [this](const Request& request, const Caller&) { return sign_in(request); });
  routes.add(
      "POST", "/api/auth/sign-out", everybody,
      [this](const Request& request, const Caller& caller) { return sign_out(request, caller); });
  routes.add("GET", "/api/auth/session", everybody,
             [this](const Request&, const Caller& caller) { return session(caller); });
  routes.add("GET", "/api/auth/methods", everybody,
             [this](const Request&, const Caller&) { return methods(); });
}

Response SignInHandler::sign_in(const Request& request) const {
  // Another site's page must not sign its visitor in as somebody else.
  if (auto refusal = refuse_said_other_origin(request, sessions_.origin().of(request)))
    return *refusal;
  JsonBody body(request);
  const auto username = body.required_text("username", {1, limits_.max_username_bytes, true});
  const auto password =
      body.required_text("password", {1, PasswordHasher::max_password_bytes, false});
  if (auto refusal = body.finish()) return *refusal;
  auto checked = passwords_.check(username, password, request.peer_address);
  if (auto* refused = std::get_if<PasswordCheck::Refused>(&checked)) {
    if (refused->throttled) {
      sessions_.count("throttled");
    } else {
      sessions_.failed(request, username, "password");
    }
    return std::move(refused->response);
  }
  const auto account =
      accounts_.sign_in_breakglass(std::get<BreakglassCredential>(checked), clock_.now());
  if (account.disabled) {
    sessions_.failed(request, username, "the account is disabled");
    return sign_in_failed();
  }
  auto response = json_response(200, signed_in(account, "session", scopes_of(account.role),
                                               clock_.now() + limits_.session_absolute));
  if (!sessions_.begin(request, account, response, "password")) return sign_in_failed();
  return response;
}

Response SignInHandler::sign_out(const Request& request, const Caller& caller) const {
  if (caller.via != Via::session) {
    if (auto refusal = refuse_said_other_origin(request, sessions_.origin().of(request)))
      return *refusal;
  }
  Response response;
  response.status = 204;
  sessions_.end(request, caller, response);
  return response;
}

Response SignInHandler::session(const Caller& caller) const {
  if (caller.via == Via::session) {
    const auto known = accounts_.find_session(caller.session_hash);
    if (known)
      return json_response(
          200, signed_in(caller.account, "session", caller.scopes, known->session.expires_at));
  } else if (caller.via == Via::token) {
    const auto known = accounts_.find_token(caller.token_id);
    if (known)
      return json_response(
          200, signed_in(caller.account, "token", caller.scopes, known->token.expires_at));
  }
  return json_response(200, Json{{"signedIn", false}});
}

Response SignInHandler::methods() const {
  const auto oidc = oidc_();
  return json_response(200, Json{{"breakglass", true},
                                 {"oidc", Json{{"enabled", oidc.enabled}, {"label", oidc.label}}}});
}

}  // namespace mosaic
