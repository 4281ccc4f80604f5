#include "api/auth/own_account_handler.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "api/auth/access_decision.hpp"
#include "api/auth/api_token.hpp"
#include "api/json_body.hpp"
#include "api/json_response.hpp"
#include "api/problem.hpp"
#include "secrets/token.hpp"

namespace mosaic {
namespace {

using Json = nlohmann::ordered_json;

Json time_or_null(const std::optional<TimePoint>& time) {
  return time ? Json(to_iso8601(*time)) : Json(nullptr);
}

Json describe(const ApiTokenRow& token) {
  Json scopes = Json::array();
  for (const Scope scope : {Scope::chat, Scope::read, Scope::write, Scope::admin}) {
    if (token.scopes.has(scope)) scopes.push_back(to_string(scope));
  }
  return {{"id", token.id},
          {"name", token.name},
          {"scopes", std::move(scopes)},
          {"createdAt", to_iso8601(token.created_at)},
          {"expiresAt", time_or_null(token.expires_at)},
          {"lastUsedAt", time_or_null(token.last_used_at)},
          {"revokedAt", time_or_null(token.revoked_at)}};
}

// What was asked for and the role allows; complains about the rest.
Scopes read_scopes(JsonBody& body, Role role) {
  Scopes scopes;
  const auto words = body.texts("scopes", 4);
  if (!words || words->empty()) {
    if (!body.has("scopes") || words)
      body.complain("scopes", "must name at least one of chat, read, write, admin");
    return scopes;
  }
  for (const auto& word : *words) {
    const auto scope = parse_scope(word);
    if (!scope) {
      body.complain("scopes", "must be some of chat, read, write, admin");
    } else if (*scope == Scope::admin && role != Role::admin) {
      body.complain("scopes", "admin is for admins only");
    } else {
      scopes.add(*scope);
    }
  }
  return scopes;
}

Response no_content() {
  Response response;
  response.status = 204;
  return response;
}

}  // namespace

void OwnAccountHandler::add_routes(GuardedRoutes& routes) const {
  const AccessRule session{Admission::by_session, Scope::write};
  routes.add("POST", "/api/account/password", session,
             [this](const Request& request, const Caller& caller) {
               return change_password(request, caller);
             });
  routes.add("GET", "/api/account/tokens", session,
             [this](const Request&, const Caller& caller) { return list_tokens(caller); });
  routes.add(
      "POST", "/api/account/tokens", session,
      [this](const Request& request, const Caller& caller) { return make_token(request, caller); });
  routes.add("DELETE", "/api/account/tokens/{id}", session,
             [this](const Request& request, const Caller& caller) {
               return revoke_token(request, caller);
             });
  routes.add("DELETE", "/api/account/sessions", session,
             [this](const Request& request, const Caller& caller) {
               return sign_out_everywhere(request, caller);
             });
}

Response OwnAccountHandler::change_password(const Request& request, const Caller& caller) const {
  JsonBody body(request);
  const TextRule any{1, PasswordHasher::max_password_bytes, false};
  const TextRule long_enough{limits_.min_password_bytes, PasswordHasher::max_password_bytes, false};
  const auto old_password = body.required_text("oldPassword", any);
  const auto new_password = body.required_text("newPassword", long_enough);
  if (auto refusal = body.finish()) return *refusal;
  if (caller.account.source != AccountSource::breakglass) {
    return problem(409, problem_type::refused_by_rule,
                   "This account signs in at an identity provider and has no password here.",
                   "Change the password at the identity provider.");
  }
  auto checked = passwords_.check(caller.account.name, old_password, request.peer_address);
  if (auto* refused = std::get_if<PasswordCheck::Refused>(&checked)) {
    if (refused->throttled) return std::move(refused->response);
    audit_.note(request, caller, "password.change", "user/" + caller.account.id,
                "the old password was wrong", "failed");
    return field_problems({{"oldPassword", "is not the password in force"}});
  }
  const auto hash = passwords_.hash(new_password);
  if (!hash) return too_busy();
  // Ends every session of the account, whoever sits behind it; this browser gets a new one.
  if (accounts_.set_breakglass_password(caller.account.id, *hash) != WriteOutcome::done)
    return not_found_response();
  remembered_.on_account_changed(caller.account.id);
  audit_.note(request, caller, "password.change", "user/" + caller.account.id);
  auto response = no_content();
  // Disabled a moment ago: the password is changed, and nobody is signed in any more.
  if (!sessions_.renew(request, caller.account, response)) return sign_in_required();
  return response;
}

Response OwnAccountHandler::list_tokens(const Caller& caller) const {
  Json tokens = Json::array();
  for (const auto& token : accounts_.list_tokens(caller.account.id))
    tokens.push_back(describe(token));
  return json_response(200, Json{{"tokens", std::move(tokens)}});
}

Response OwnAccountHandler::make_token(const Request& request, const Caller& caller) const {
  JsonBody body(request);
  ApiTokenRow row;
  row.name = body.required_text("name", {1, 100, true});
  row.scopes = read_scopes(body, caller.account.role);
  const auto days =
      body.number("expiresInDays", 1, limits_.token_most_days).value_or(limits_.token_default_days);
  if (auto refusal = body.finish()) return *refusal;
  const auto now = clock_.now();
  const auto tokens = accounts_.list_tokens(caller.account.id);
  const auto live = std::count_if(tokens.begin(), tokens.end(), [&](const ApiTokenRow& token) {
    return !token.revoked_at && (!token.expires_at || now < *token.expires_at);
  });
  if (static_cast<std::size_t>(live) >= limits_.tokens_per_account) {
    return problem(409, problem_type::refused_by_rule,
                   "This account has " + std::to_string(live) + " tokens, which is the limit.",
                   "Revoke one that is not needed any more.");
  }
  const auto text = new_api_token();
  row.id = text.id;
  row.account_id = caller.account.id;
  row.secret_hash = sha256_hex(text.secret);
  row.created_at = now;
  row.expires_at = now + std::chrono::hours(24 * days);
  accounts_.create_token(row);
  audit_.note(request, caller, "token.create", "token/" + row.id, to_string(row.scopes));
  auto answer = describe(row);
  answer["token"] = to_string(text);
  return json_response(201, answer);
}

Response OwnAccountHandler::revoke_token(const Request& request, const Caller& caller) const {
  const auto& id = request.parameters.at("id");
  if (accounts_.revoke_token(caller.account.id, id, clock_.now()) != WriteOutcome::done)
    return not_found_response();
  remembered_.on_account_changed(caller.account.id);
  audit_.note(request, caller, "token.revoke", "token/" + id);
  return no_content();
}

Response OwnAccountHandler::sign_out_everywhere(const Request& request,
                                                const Caller& caller) const {
  auto response = no_content();
  sessions_.end_all(request, caller, response);
  return response;
}

}  // namespace mosaic
