#include "api/auth/oidc/provider_document.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

namespace mosaic::oidc {
namespace {

using Json = nlohmann::json;

std::string text_of(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// Plain http is for an issuer on this very host, which the guard checks again by address.
bool is_this_host(const std::string& host) {
  return host == "localhost" || host == "127.0.0.1" || host == "::1";
}

std::variant<OutboundUrl, Unusable> endpoint(const std::string& text, const std::string& what) {
  auto parsed = parse_outbound_url(text);
  if (const auto* refusal = std::get_if<OutboundRefusal>(&parsed))
    return Unusable{"The " + what + " cannot be used. " + refusal->reason};
  auto& url = std::get<OutboundUrl>(parsed);
  if (!url.https && !is_this_host(url.host)) return Unusable{"The " + what + " must be https."};
  return std::move(url);
}

// What the issuer leaves open is basic (OpenID Connect Discovery, section 3).
std::optional<ClientAuthentication> choose_authentication(const Json& document) {
  const auto methods = document.find("token_endpoint_auth_methods_supported");
  if (methods == document.end() || !methods->is_array()) return ClientAuthentication::basic;
  const auto lists = [&](const char* method) {
    return std::find(methods->begin(), methods->end(), Json(method)) != methods->end();
  };
  if (lists("client_secret_basic")) return ClientAuthentication::basic;
  if (lists("client_secret_post")) return ClientAuthentication::post;
  if (lists("none")) return ClientAuthentication::post;  // a public client says its id in the body
  return std::nullopt;
}

}  // namespace

std::variant<OutboundUrl, Unusable> document_url(const std::string& issuer) {
  std::string text = issuer;
  if (text.ends_with('/')) text.pop_back();
  if (text.find('?') != std::string::npos) return Unusable{"The issuer's URL must have no query."};
  return endpoint(text + "/.well-known/openid-configuration", "issuer's URL");
}

std::variant<ProviderDocument, Unusable> parse_provider_document(std::string_view json,
                                                                 const std::string& issuer) {
  const auto document = Json::parse(json, nullptr, false);
  if (document.is_discarded() || !document.is_object())
    return Unusable{"The issuer's discovery document is no JSON object."};
  if (text_of(document, "issuer") != issuer)
    return Unusable{
        "The issuer calls itself otherwise than the settings do; they must be equal to the last "
        "character."};
  ProviderDocument provider;
  auto authorization =
      endpoint(text_of(document, "authorization_endpoint"), "issuer's authorization endpoint");
  auto token = endpoint(text_of(document, "token_endpoint"), "issuer's token endpoint");
  auto keys = endpoint(text_of(document, "jwks_uri"), "issuer's key set");
  for (const auto* each : {&authorization, &token, &keys}) {
    if (const auto* unusable = std::get_if<Unusable>(each)) return *unusable;
  }
  const auto authentication = choose_authentication(document);
  if (!authentication)
    return Unusable{"The issuer takes neither client_secret_basic nor client_secret_post."};
  const auto& where = std::get<OutboundUrl>(authorization);
  provider.authorization_endpoint = where.origin() + where.target;
  provider.token_endpoint = std::move(std::get<OutboundUrl>(token));
  provider.key_set = std::move(std::get<OutboundUrl>(keys));
  provider.client_authentication = *authentication;
  return provider;
}

}  // namespace mosaic::oidc
