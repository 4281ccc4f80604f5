#include "api/auth/oidc/oidc_handler.hpp"

#include <algorithm>
#include <map>

#include "api/auth/cookies.hpp"
#include "api/auth/next_path.hpp"
#include "api/problem.hpp"
#include "secrets/token.hpp"

namespace mosaic::oidc {
namespace {

constexpr std::size_t asking_at_once = 2;
constexpr std::chrono::milliseconds longest_wait = std::chrono::seconds(10);
constexpr std::size_t max_parameter_bytes = 4096;
constexpr const char* callback_path = "/api/auth/oidc/callback";

// Of the names that this needs; a name that comes twice counts as absent.
std::map<std::string, std::string> parameters_of(const std::string& query) {
  std::map<std::string, std::string> values;
  std::map<std::string, int> seen;
  std::string_view rest = query;
  while (!rest.empty()) {
    const auto ampersand = rest.find('&');
    const auto pair = rest.substr(0, ampersand);
    rest = ampersand == std::string_view::npos ? std::string_view() : rest.substr(ampersand + 1);
    const auto equals = std::min(pair.find('='), pair.size());
    const auto name = std::string(pair.substr(0, equals));
    auto raw = std::string(pair.substr(std::min(equals + 1, pair.size())));
    std::replace(raw.begin(), raw.end(), '+', ' ');
    auto value = percent_decoded(raw);
    if (++seen[name] > 1 || !value || value->size() > max_parameter_bytes) {
      values.erase(name);
    } else {
      values[name] = std::move(*value);
    }
  }
  return values;
}

std::string value_of(const std::map<std::string, std::string>& values, const char* name) {
  const auto found = values.find(name);
  return found == values.end() ? std::string() : found->second;
}

Response redirect(const std::string& where) {
  Response response;
  response.status = 303;
  response.set_field("Location", where);
  response.set_field("Cache-Control", "no-store");
  response.set_field("Referrer-Policy", "no-referrer");
  return response;
}

std::string authorization_url(const ProviderDocument& provider, const OidcSettings& settings,
                              const Transaction& transaction) {
  std::string url = provider.authorization_endpoint;
  const auto add = [&](const char* name, const std::string& value) {
    url += (url.find('?') == std::string::npos ? "?" : "&") + std::string(name) + "=" +
           percent_encode(value);
  };
  add("response_type", "code");
  add("client_id", settings.client_id);
  add("redirect_uri", transaction.redirect_uri);
  add("scope", settings.scopes);
  add("state", transaction.state);
  add("nonce", transaction.nonce);
  add("code_challenge", challenge_of(transaction.verifier));
  add("code_challenge_method", "S256");
  return url;
}

bool has_role(const Identity& identity, const std::string& role) {
  return !role.empty() &&
         std::find(identity.roles.begin(), identity.roles.end(), role) != identity.roles.end();
}

}  // namespace

const OidcHandler::Failure OidcHandler::not_enabled{
    409, problem_type::refused_by_rule, "not-enabled",
    "Signing in with an identity provider is not set up here.",
    "Sign in with a name and a password, or have an admin set the provider up."};
const OidcHandler::Failure OidcHandler::busy{503, problem_type::busy, "busy",
                                             "The identity provider is being asked for others.",
                                             "Try again in a few seconds."};
const OidcHandler::Failure OidcHandler::provider_failed{
    502, problem_type::provider_failed, "provider-failed",
    "The identity provider cannot be used at the moment.",
    "Try again later; the log says why, and breakglass users can still sign in."};
const OidcHandler::Failure OidcHandler::begun_elsewhere{
    400, problem_type::invalid_request, "begun-elsewhere",
    "This sign-in was begun in another browser, too long ago, or is over already.",
    "Begin again at the sign-in page."};
const OidcHandler::Failure OidcHandler::refused{401, problem_type::sign_in_failed, "refused",
                                                "The identity provider did not let you in.",
                                                "Begin again at the sign-in page."};
const OidcHandler::Failure OidcHandler::not_allowed{
    401, problem_type::sign_in_failed, "not-allowed", "This account may not sign in here.",
    "Ask an admin for access."};

OidcHandler::OidcHandler(AccountStore& accounts, SettingsStore& settings, const SecretBox& secrets,
                         ProviderClient& provider, const SessionDesk& sessions, const Clock& clock,
                         Logger log)
    : accounts_(accounts),
      settings_(settings),
      secrets_(secrets),
      provider_(provider),
      sessions_(sessions),
      clock_(clock),
      log_(log.with_component("oidc")),
      slots_(asking_at_once, 0, longest_wait) {}

void OidcHandler::add_routes(GuardedRoutes& routes) {
  const AccessRule everybody{Admission::anonymous, Scope::read};
  routes.add("GET", "/api/auth/oidc/start", everybody,
             [this](const Request& request, const Caller&) { return start(request); });
  routes.add("GET", callback_path, everybody,
             [this](const Request& request, const Caller&) { return callback(request); });
}

OidcMethod OidcHandler::method() const {
  const auto settings = settings_in_force();
  if (!settings) return {};
  return {true, settings->label};
}

std::optional<OidcSettings> OidcHandler::settings_in_force() const {
  auto settings = read_oidc_settings(settings_, secrets_);
  if (!settings || !settings->enabled) return std::nullopt;
  return settings;
}

Response OidcHandler::fail(const Request& request, const Failure& failure) const {
  if (request.lists("accept", "text/html"))
    return redirect("/sign-in?error=" + std::string(failure.word));
  auto response = problem(failure.status, failure.type, failure.detail, failure.remedy);
  if (failure.status == 503) response.set_field("Retry-After", "5");
  return response;
}

Response OidcHandler::fail_for(const Request& request, const Failure& failure,
                               const std::string& reason) const {
  log_.with_correlation(request.id)
      .warning("a sign-in with the identity provider failed", {{Field::reason, reason}});
  sessions_.count("error");
  return fail(request, failure);
}

Response OidcHandler::start(const Request& request) {
  const auto settings = settings_in_force();
  if (!settings) return fail(request, not_enabled);
  if (settings->secret_unreadable)
    return fail_for(request, provider_failed,
                    "the client secret is of another MOSAIC_SECRET_KEY; enter it again");
  const auto slot = slots_.take();
  if (!slot) return fail(request, busy);
  const auto described = provider_.describe(*settings, Deadline(longest_wait));
  if (const auto* unusable = std::get_if<Unusable>(&described))
    return fail_for(request, provider_failed, unusable->reason);
  auto transaction = begin_transaction(clock_.now());
  transaction.issuer = settings->issuer_url;
  transaction.redirect_uri = sessions_.origin().of(request) + callback_path;
  transaction.next = safe_next_path(value_of(parameters_of(request.query), "next"));
  auto response =
      redirect(authorization_url(std::get<ProviderDocument>(described), *settings, transaction));
  add_cookie(response, write_cookie(transaction_cookie, sessions_.origin().secure(request),
                                    seal(transaction, secrets_), transaction_lifetime));
  return response;
}

Response OidcHandler::callback(const Request& request) {
  const bool secure = sessions_.origin().secure(request);
  const auto cookie = read_cookie(request, cookie_name(transaction_cookie, secure));
  const auto transaction =
      cookie ? open(*cookie, secrets_, clock_.now()) : std::optional<Transaction>();
  const auto parameters = parameters_of(request.query);
  if (!transaction || !constant_time_equal(value_of(parameters, "state"), transaction->state))
    return fail(request, begun_elsewhere);
  const auto settings = settings_in_force();
  if (!settings) return fail(request, not_enabled);
  // The issuer was changed meanwhile, or another one answers in its place (RFC 9207).
  const bool same_issuer =
      transaction->issuer == settings->issuer_url &&
      (!parameters.contains("iss") || value_of(parameters, "iss") == settings->issuer_url);
  const bool first_time =
      same_issuer && accounts_.consume_once(sha256_hex("oidc state " + transaction->state),
                                            transaction->expires_at);
  if (!first_time) return fail(request, begun_elsewhere);
  const auto code = value_of(parameters, "code");
  auto response = code.empty() ? fail_for(request, refused, "the provider sent an error, no code")
                               : finish(request, *transaction, *settings, code);
  add_cookie(response, end_cookie(transaction_cookie, secure));
  return response;
}

Response OidcHandler::finish(const Request& request, const Transaction& transaction,
                             const OidcSettings& settings, const std::string& code) {
  const auto slot = slots_.take();
  if (!slot) return fail(request, busy);
  const auto redeemed = redeem(settings, transaction, code);
  if (const auto* unusable = std::get_if<Unusable>(&redeemed))
    return fail_for(request, provider_failed, unusable->reason);
  return sign_in(request, transaction, settings, std::get<Identity>(redeemed));
}

std::variant<Identity, Unusable> OidcHandler::redeem(const OidcSettings& settings,
                                                     const Transaction& transaction,
                                                     const std::string& code) {
  const Deadline deadline(longest_wait);
  const auto described = provider_.describe(settings, deadline);
  if (const auto* unusable = std::get_if<Unusable>(&described)) return *unusable;
  const auto& provider = std::get<ProviderDocument>(described);
  const CodeExchange exchange{code, transaction.verifier, transaction.redirect_uri};
  const auto exchanged = provider_.exchange(settings, provider, exchange, deadline);
  if (const auto* unusable = std::get_if<Unusable>(&exchanged)) return *unusable;
  const auto token = parse_token(std::get<std::string>(exchanged));
  if (!token) return Unusable{"the ID token is none that is signed with RS256 or ES256"};
  const auto is_signed = provider_.is_signed(settings, provider, *token, deadline);
  if (const auto* unusable = std::get_if<Unusable>(&is_signed)) return *unusable;
  if (!std::get<bool>(is_signed)) return Unusable{"no key of the issuer signed the ID token"};
  const Expected expected{settings.issuer_url, settings.client_id, transaction.nonce,
                          settings.role_claim, clock_.now()};
  auto identity = read_identity(token->claims, expected);
  if (const auto* distrust = std::get_if<Distrust>(&identity)) return Unusable{distrust->reason};
  return std::move(std::get<Identity>(identity));
}

Response OidcHandler::sign_in(const Request& request, const Transaction& transaction,
                              const OidcSettings& settings, const Identity& identity) {
  const bool admin = has_role(identity, settings.admin_value);
  if (!admin && !settings.user_value.empty() && !has_role(identity, settings.user_value)) {
    sessions_.failed(request, identity.name, "identity provider: the claim gives no access");
    return fail(request, not_allowed);
  }
  const OidcIdentity known{random_id(),   settings.issuer_url, identity.subject,
                           identity.name, identity.email,      admin ? Role::admin : Role::user};
  const auto account = accounts_.sign_in_oidc(known, clock_.now());
  if (account.disabled) {
    sessions_.failed(request, identity.name, "identity provider: the account is disabled");
    return fail(request, not_allowed);
  }
  auto response = redirect(safe_next_path(transaction.next));
  if (!sessions_.begin(request, account, response, "identity provider"))
    return fail(request, not_allowed);
  return response;
}

}  // namespace mosaic::oidc
