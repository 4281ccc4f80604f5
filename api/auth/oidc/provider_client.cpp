#include "api/auth/oidc/provider_client.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <span>

#include "http/http_error.hpp"
#include "secrets/base64.hpp"

namespace mosaic::oidc {
namespace {

using Json = nlohmann::json;
using namespace std::chrono_literals;

constexpr auto remembered_for = 10min;
constexpr auto keys_again_after = 60s;
constexpr auto failure_stands_for = 5s;

// Whatever decides where and how the issuer is asked; when it changes, nothing of before counts.
std::string identity_of(const OidcSettings& settings) {
  return settings.issuer_url + (settings.private_addresses ? "\nprivate" : "\npublic");
}

Unusable unusable(const std::string& what, const std::string& why) {
  return Unusable{"The identity provider's " + what + " " + why};
}

std::string why(const HttpError& error) {
  switch (error.kind()) {
    case HttpErrorKind::time_up:
      return "did not answer in time.";
    case HttpErrorKind::tls:
      return "has a certificate that is not trusted.";
    case HttpErrorKind::too_large:
      return "answered with more than is taken.";
    case HttpErrorKind::malformed:
    case HttpErrorKind::closed:
      return "answered with what is no complete HTTP answer.";
    default:
      return "cannot be reached.";
  }
}

// OAuth's own words (RFC 6749, section 5.2) help admins; anything else an answer says is not repeated.
std::string error_word(const std::string& body) {
  const auto document = Json::parse(body, nullptr, false);
  if (!document.is_object()) return "";
  const auto error = document.find("error");
  for (const auto* word : {"invalid_request", "invalid_client", "invalid_grant",
                           "unauthorized_client", "unsupported_grant_type", "invalid_scope"}) {
    if (error != document.end() && *error == word) return word;
  }
  return "";
}

void add(std::string& form, const std::string& name, const std::string& value) {
  if (!form.empty()) form += '&';
  form += name + "=" + percent_encode(value);
}

std::string base64_of(const std::string& text) {
  return base64_encode({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

}  // namespace

std::chrono::milliseconds Deadline::left() const {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
      end_ - std::chrono::steady_clock::now());
  return std::max(left, std::chrono::milliseconds(1));
}

TokenRequest token_request(const OidcSettings& settings, ClientAuthentication authentication,
                           const CodeExchange& exchange) {
  TokenRequest request;
  add(request.form, "grant_type", "authorization_code");
  add(request.form, "code", exchange.code);
  add(request.form, "redirect_uri", exchange.redirect_uri);
  add(request.form, "code_verifier", exchange.verifier);
  const bool secret = !settings.client_secret.empty();
  if (secret && authentication == ClientAuthentication::basic) {
    request.authorization = "Basic " + base64_of(percent_encode(settings.client_id) + ":" +
                                                 percent_encode(settings.client_secret));
    return request;
  }
  add(request.form, "client_id", settings.client_id);
  if (secret) add(request.form, "client_secret", settings.client_secret);
  return request;
}

std::variant<HttpAnswer, Unusable> ProviderClient::ask(const OidcSettings& settings,
                                                       OutboundRequest request,
                                                       const Deadline& deadline,
                                                       const std::string& what) const {
  OutboundPolicy policy = policy_;
  policy.https_only = true;
  policy.loopback = true;
  policy.private_addresses = settings.private_addresses;
  request.deadline = deadline.left();
  request.fields.emplace_back("Accept", "application/json");
  try {
    return outbound_.fetch(request, policy);
  } catch (const OutboundRefused& refused) {
    return unusable(what, "is not asked. " + std::string(refused.what()));
  } catch (const HttpError& error) {
    return unusable(what, why(error));
  }
}

std::variant<ProviderDocument, Unusable> ProviderClient::describe(const OidcSettings& settings,
                                                                  const Deadline& deadline) {
  const auto identity = identity_of(settings);
  std::optional<ProviderDocument> last_good;
  {
    const std::lock_guard lock(mutex_);
    if (description_.of != identity) {
      description_ = {};
      description_.of = identity;
    }
    const auto now = clock_.steady_now();
    last_good = description_.value;
    if (last_good && now - description_.fetched < remembered_for) return *last_good;
    if (!description_.failure.empty() && now - description_.tried < failure_stands_for) {
      if (last_good) return *last_good;
      return Unusable{description_.failure};
    }
  }
  auto fetched = fetch_description(settings, deadline);
  const std::lock_guard lock(mutex_);
  if (description_.of != identity) return fetched;
  description_.tried = clock_.steady_now();
  if (const auto* failed = std::get_if<Unusable>(&fetched)) {
    description_.failure = failed->reason;
    if (last_good) return *last_good;
    return fetched;
  }
  description_.failure.clear();
  description_.fetched = description_.tried;
  description_.value = std::get<ProviderDocument>(fetched);
  return fetched;
}

std::variant<ProviderDocument, Unusable> ProviderClient::fetch_description(
    const OidcSettings& settings, const Deadline& deadline) const {
  const std::string what = "discovery document";
  auto url = document_url(settings.issuer_url);
  if (const auto* bad = std::get_if<Unusable>(&url)) return *bad;
  OutboundRequest request;
  request.url = std::move(std::get<OutboundUrl>(url));
  auto answer = ask(settings, std::move(request), deadline, what);
  if (const auto* bad = std::get_if<Unusable>(&answer)) return *bad;
  const auto& got = std::get<HttpAnswer>(answer);
  if (got.status != 200)
    return unusable(what, "was answered with status " + std::to_string(got.status) + ".");
  return parse_provider_document(got.body, settings.issuer_url);
}

std::variant<std::string, Unusable> ProviderClient::exchange(const OidcSettings& settings,
                                                             const ProviderDocument& provider,
                                                             const CodeExchange& exchange,
                                                             const Deadline& deadline) {
  const std::string what = "token endpoint";
  auto form = token_request(settings, provider.client_authentication, exchange);
  OutboundRequest request;
  request.method = "POST";
  request.url = provider.token_endpoint;
  request.body = std::move(form.form);
  request.fields.emplace_back("Content-Type", "application/x-www-form-urlencoded");
  if (!form.authorization.empty())
    request.fields.emplace_back("Authorization", std::move(form.authorization));
  auto answer = ask(settings, std::move(request), deadline, what);
  if (const auto* bad = std::get_if<Unusable>(&answer)) return *bad;
  const auto& got = std::get<HttpAnswer>(answer);
  if (got.status != 200) {
    const auto word = error_word(got.body);
    return unusable(what, "refused the code with status " + std::to_string(got.status) +
                              (word.empty() ? "." : " (" + word + ")."));
  }
  const auto document = Json::parse(got.body, nullptr, false);
  if (!document.is_object() || !document.contains("id_token") || !document["id_token"].is_string())
    return unusable(what, "gave no ID token; the scopes must contain openid.");
  return document["id_token"].get<std::string>();
}

std::optional<KeySet> ProviderClient::known_keys(const std::string& of, KeysNeeded needed) {
  const std::lock_guard lock(mutex_);
  if (keys_.of != of) {
    keys_ = {};
    keys_.of = of;
  }
  if (!keys_.value) return std::nullopt;
  const auto now = clock_.steady_now();
  if (needed == KeysNeeded::usual) {
    const bool fresh = now - keys_.fetched < remembered_for;
    const bool tried_lately = now - keys_.tried < keys_again_after;
    return fresh || tried_lately ? keys_.value : std::nullopt;
  }
  if (keys_.demanded && now - *keys_.demanded < keys_again_after) return keys_.value;
  keys_.demanded = now;
  return std::nullopt;
}

std::variant<KeySet, Unusable> ProviderClient::fetch_keys(const OidcSettings& settings,
                                                          const ProviderDocument& provider,
                                                          const std::string& of,
                                                          const Deadline& deadline) {
  const std::string what = "key set";
  OutboundRequest request;
  request.url = provider.key_set;
  auto answer = ask(settings, std::move(request), deadline, what);
  std::variant<KeySet, Unusable> result = unusable(what, "is none.");
  if (const auto* bad = std::get_if<Unusable>(&answer)) {
    result = *bad;
  } else if (const auto& got = std::get<HttpAnswer>(answer); got.status == 200) {
    if (auto keys = parse_key_set(got.body); keys && !keys->empty()) result = std::move(*keys);
  }
  const std::lock_guard lock(mutex_);
  if (keys_.of != of) return result;
  keys_.tried = clock_.steady_now();
  if (const auto* keys = std::get_if<KeySet>(&result)) {
    keys_.value = *keys;
    keys_.fetched = keys_.tried;
  } else if (keys_.value) {
    return *keys_.value;  // the last good one
  }
  return result;
}

std::variant<bool, Unusable> ProviderClient::is_signed(const OidcSettings& settings,
                                                       const ProviderDocument& provider,
                                                       const SignedToken& token,
                                                       const Deadline& deadline) {
  const auto of =
      identity_of(settings) + "\n" + provider.key_set.origin() + provider.key_set.target;
  bool newest = false;
  // What is remembered first; when that does not do, once more with what the issuer has now.
  for (const auto needed : {KeysNeeded::usual, KeysNeeded::newest}) {
    auto keys = known_keys(of, needed);
    if (!keys) {
      auto fetched = fetch_keys(settings, provider, of, deadline);
      if (const auto* bad = std::get_if<Unusable>(&fetched)) return *bad;
      keys = std::move(std::get<KeySet>(fetched));
      newest = true;
    }
    if (check_signature(token, *keys) == SignatureCheck::right) return true;
    if (newest) return false;
  }
  return false;
}

}  // namespace mosaic::oidc
