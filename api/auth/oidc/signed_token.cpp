#include "api/auth/oidc/signed_token.hpp"

#include <nlohmann/json.hpp>

#include "secrets/base64url.hpp"

namespace mosaic::oidc {
namespace {

using Json = nlohmann::json;

std::optional<Json> parse_object(std::string_view text) {
  auto parsed = Json::parse(text, nullptr, false);
  if (parsed.is_discarded() || !parsed.is_object()) return std::nullopt;
  return parsed;
}

// Empty when it is not there or no text.
std::string text_of(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::string bytes_of(const Json& object, const char* name) {
  return base64url_decode(text_of(object, name)).value_or("");
}

// Numbers of elliptic curves keep their leading zeros; some issuers leave them out of RSA's, none add any that matter.
std::optional<PublicKey> parse_key(const Json& object) {
  const auto kind = text_of(object, "kty");
  const auto use = text_of(object, "use");
  const auto algorithm = text_of(object, "alg");
  if (!use.empty() && use != "sig") return std::nullopt;
  if (kind == "RSA" && (algorithm.empty() || algorithm == "RS256"))
    return PublicKey::rsa(bytes_of(object, "n"), bytes_of(object, "e"));
  if (kind == "EC" && text_of(object, "crv") == "P-256" &&
      (algorithm.empty() || algorithm == "ES256"))
    return PublicKey::p256(bytes_of(object, "x"), bytes_of(object, "y"));
  return std::nullopt;
}

bool is_for(const PublicKey& key, const std::string& algorithm) {
  return key.kind() == (algorithm == "RS256" ? PublicKey::Kind::rsa : PublicKey::Kind::p256);
}

}  // namespace

std::optional<KeySet> parse_key_set(std::string_view json) {
  const auto document = parse_object(json);
  if (!document) return std::nullopt;
  const auto listed = document->find("keys");
  if (listed == document->end() || !listed->is_array() || listed->size() > max_keys)
    return std::nullopt;
  KeySet keys;
  for (const auto& entry : *listed) {
    if (!entry.is_object()) continue;
    if (auto key = parse_key(entry)) keys.push_back({text_of(entry, "kid"), std::move(*key)});
  }
  return keys;
}

std::optional<SignedToken> parse_token(std::string_view compact) {
  if (compact.size() > max_token_bytes) return std::nullopt;
  const auto first = compact.find('.');
  const auto second = first == std::string_view::npos ? first : compact.find('.', first + 1);
  if (second == std::string_view::npos || compact.find('.', second + 1) != std::string_view::npos)
    return std::nullopt;
  const auto header_text = base64url_decode(compact.substr(0, first));
  auto claims = base64url_decode(compact.substr(first + 1, second - first - 1));
  auto signature = base64url_decode(compact.substr(second + 1));
  if (!header_text || !claims || !signature) return std::nullopt;
  const auto header = parse_object(*header_text);
  if (!header || header->contains("crit")) return std::nullopt;
  SignedToken token;
  token.algorithm = text_of(*header, "alg");
  if (token.algorithm != "RS256" && token.algorithm != "ES256") return std::nullopt;
  token.key_id = text_of(*header, "kid");
  token.signed_text = std::string(compact.substr(0, second));
  token.signature = std::move(*signature);
  token.claims = std::move(*claims);
  return token;
}

SignatureCheck check_signature(const SignedToken& token, const KeySet& keys) {
  bool any = false;
  for (const auto& [id, key] : keys) {
    if (!is_for(key, token.algorithm)) continue;
    if (!token.key_id.empty() && id != token.key_id) continue;
    any = true;
    if (key.verifies(token.signed_text, token.signature)) return SignatureCheck::right;
  }
  return any ? SignatureCheck::wrong : SignatureCheck::unknown_key;
}

}  // namespace mosaic::oidc
