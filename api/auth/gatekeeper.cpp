#include "api/auth/gatekeeper.hpp"

#include <algorithm>
#include <utility>

#include "api/auth/access_decision.hpp"
#include "api/auth/api_token.hpp"
#include "api/auth/cookies.hpp"
#include "api/auth/origin_check.hpp"
#include "api/auth/set_up_token.hpp"
#include "api/http_fields.hpp"
#include "api/problem.hpp"
#include "secrets/token.hpp"

namespace mosaic {
namespace {

bool has_field(const Request& request, std::string_view name) {
  return std::any_of(request.fields.begin(), request.fields.end(),
                     [&](const HttpField& field) { return field.name == name; });
}

std::optional<ApiTokenText> bearer_token(std::string_view authorization) {
  constexpr std::string_view scheme = "bearer ";
  if (!equal_ignoring_case(authorization.substr(0, scheme.size()), scheme)) return std::nullopt;
  return parse_api_token(authorization.substr(scheme.size()));
}

bool is_token(const KnownToken& known, std::string_view secret) {
  return constant_time_equal(sha256_hex(secret), known.token.secret_hash);
}

Response credential_in_query() {
  return problem(400, problem_type::invalid_request,
                 "A token in a URL is never taken: URLs stand in logs and histories.",
                 "Send it as Authorization: Bearer, and revoke this one.");
}

Response set_up_is_completed() {
  return problem(409, problem_type::set_up_completed, "Set-up is completed and stays so.",
                 "Sign in; an admin changes everything in the settings.");
}

}  // namespace

StoreGatekeeper::StoreGatekeeper(AccountStore& accounts, SettingsStore& settings,
                                 const Clock& clock, const PublicOrigin& origin,
                                 const AuthLimits& limits)
    : accounts_(accounts),
      settings_(settings),
      clock_(clock),
      origin_(origin),
      limits_(limits),
      sessions_(limits.remember, limits.remembered),
      tokens_(limits.remember, limits.remembered) {}

std::variant<Caller, Response> StoreGatekeeper::admit(const Request& request,
                                                      const AccessRule& rule) {
  return *decide(request, rule, Ask::store);
}

std::optional<std::variant<Caller, Response>> StoreGatekeeper::admit_remembered(
    const Request& request, const AccessRule& rule) {
  if (rule.admission == Admission::set_up) return std::nullopt;
  return decide(request, rule, Ask::memory);
}

std::optional<StoreGatekeeper::Admitted> StoreGatekeeper::decide(const Request& request,
                                                                 const AccessRule& rule, Ask ask) {
  if (query_has_credential(request.query)) return credential_in_query();
  auto caller = identify(request, ask);
  if (!caller) return std::nullopt;
  if (caller->via == Via::session && is_unsafe_method(request.method)) {
    if (auto refusal = refuse_other_origin(request, origin_.of(request))) return *refusal;
    if (auto refusal = refuse_other_content(request)) return *refusal;
  }
  if (rule.admission == Admission::set_up) return admit_to_set_up(request, std::move(*caller));
  if (auto refusal = refuse_caller(*caller, rule)) return *refusal;
  return Admitted(std::move(*caller));
}

StoreGatekeeper::Admitted StoreGatekeeper::admit_to_set_up(const Request& request, Caller caller) {
  const auto presented = request.field(set_up_token_field);
  const auto proof = check_set_up_token(settings_, presented.value_or(""));
  if (proof == SetUpProof::completed) return set_up_is_completed();
  if (presented && proof == SetUpProof::right) {
    Caller holder;
    holder.via = Via::set_up;
    return holder;
  }
  if (caller.via == Via::session && caller.is_admin()) return caller;
  return problem(401, problem_type::sign_in_required,
                 "Setting up needs the one-time token that Mosaic printed at its first start.",
                 "Send it as X-Mosaic-Setup-Token; a new one: mosaic admin set-up-token.");
}

std::optional<Caller> StoreGatekeeper::identify(const Request& request, Ask ask) {
  if (has_field(request, "authorization"))
    return by_token(request.field("authorization").value_or(""), ask);
  const auto cookie = read_cookie(request, cookie_name(session_cookie, origin_.secure(request)));
  if (!cookie || cookie->empty()) return Caller{};
  return by_session(*cookie, ask);
}

std::optional<Caller> StoreGatekeeper::by_token(std::string_view authorization, Ask ask) {
  const auto presented = bearer_token(authorization);
  if (!presented) return Caller{};
  auto known = tokens_.find(presented->id, clock_.steady_now());
  if (known && must_touch(known->token.last_used_at)) known.reset();
  if (!known && ask == Ask::memory) return std::nullopt;
  if (!known) known = fetch_token(*presented);
  if (!known || !is_token(*known, presented->secret) || !is_alive(*known)) return Caller{};
  Caller caller;
  caller.via = Via::token;
  caller.scopes = cut_to_role(known->token.scopes, known->account.role);
  caller.token_id = known->token.id;
  caller.account = known->account;
  return caller;
}

std::optional<Caller> StoreGatekeeper::by_session(const std::string& cookie, Ask ask) {
  const auto hash = sha256_hex(cookie);
  auto known = sessions_.find(hash, clock_.steady_now());
  if (known && must_touch(known->session.last_seen_at)) known.reset();
  if (!known && ask == Ask::memory) return std::nullopt;
  if (!known) known = fetch_session(hash);
  if (!known || !is_alive(*known)) return Caller{};
  Caller caller;
  caller.via = Via::session;
  caller.scopes = scopes_of(known->account.role);
  caller.session_hash = hash;
  caller.account = known->account;
  return caller;
}

std::shared_ptr<const KnownToken> StoreGatekeeper::fetch_token(const ApiTokenText& presented) {
  const auto ticket = tokens_.ticket();
  auto known = accounts_.find_token(presented.id);
  if (!known || !is_token(*known, presented.secret) || !is_alive(*known)) return nullptr;
  if (must_touch(known->token.last_used_at)) {
    known->token.last_used_at = clock_.now();
    accounts_.note_token_use({known->token.id}, *known->token.last_used_at);
  }
  auto kept = std::make_shared<const KnownToken>(std::move(*known));
  tokens_.keep(kept->token.id, kept->account.id, kept, ticket, clock_.steady_now());
  return kept;
}

std::shared_ptr<const KnownSession> StoreGatekeeper::fetch_session(const std::string& hash) {
  const auto ticket = sessions_.ticket();
  auto known = accounts_.find_session(hash);
  if (!known || !is_alive(*known)) return nullptr;
  if (must_touch(known->session.last_seen_at)) {
    known->session.last_seen_at = clock_.now();
    accounts_.touch_session(hash, known->session.last_seen_at);
  }
  auto kept = std::make_shared<const KnownSession>(std::move(*known));
  sessions_.keep(hash, kept->account.id, kept, ticket, clock_.steady_now());
  return kept;
}

bool StoreGatekeeper::must_touch(const std::optional<TimePoint>& last) const {
  return !last || clock_.now() - *last >= limits_.touch_every;
}

bool StoreGatekeeper::is_alive(const KnownToken& known) const {
  const auto now = clock_.now();
  return !known.account.disabled && !known.token.revoked_at &&
         (!known.token.expires_at || now < *known.token.expires_at);
}

bool StoreGatekeeper::is_alive(const KnownSession& known) const {
  const auto now = clock_.now();
  return !known.account.disabled && now < known.session.expires_at &&
         now - known.session.last_seen_at < limits_.session_idle;
}

void StoreGatekeeper::on_account_changed(const std::string& account_id) {
  sessions_.forget(account_id);
  tokens_.forget(account_id);
}

void StoreGatekeeper::on_accounts_missed() {
  sessions_.forget_all();
  tokens_.forget_all();
}

}  // namespace mosaic
