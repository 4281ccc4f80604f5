// What an identity provider says of itself, and what its tokens claim. First line: the issuer that the settings name. The
// rest is read as both. Nothing is taken for an issuer that calls itself otherwise, and no address over plain http but this host.
#include "api/auth/oidc/provider_document.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "api/auth/oidc/identity_claims.hpp"
#include "test/fuzz/fuzz.hpp"

namespace mosaic::test {
namespace {

using Json = nlohmann::json;

void check_endpoint(const OutboundUrl& url) {
  const bool here = url.host == "localhost" || url.host == "127.0.0.1" || url.host == "::1";
  require(url.https || here, "plain http is for this host");
}

void check_document(std::string_view json, const std::string& issuer) {
  const auto read = oidc::parse_provider_document(json, issuer);
  if (const auto* unusable = std::get_if<oidc::Unusable>(&read)) {
    require(!unusable->reason.empty(), "a refusal says why");
    return;
  }
  const auto& document = std::get<oidc::ProviderDocument>(read);
  const auto parsed = Json::parse(json);
  require(parsed.at("issuer") == issuer, "the issuer is who it should be");
  check_endpoint(document.token_endpoint);
  check_endpoint(document.key_set);
  const auto browser = parse_outbound_url(document.authorization_endpoint);
  require(std::holds_alternative<OutboundUrl>(browser), "a browser is sent to a plain URL");
  check_endpoint(std::get<OutboundUrl>(browser));
}

bool is_for(const Json& claims, const std::string& client) {
  const auto& audience = claims.at("aud");
  return audience == client || (audience.is_array() && std::find(audience.begin(), audience.end(),
                                                                 client) != audience.end());
}

void check_identity(std::string_view json, const std::string& issuer) {
  oidc::Expected expected;
  expected.issuer = issuer;
  expected.client_id = "mosaic";
  expected.nonce = "n-1";
  expected.role_claim = "realm_access.roles";
  expected.now = TimePoint(std::chrono::seconds(1'800'000'000));
  const auto read = oidc::read_identity(json, expected);
  const auto* identity = std::get_if<oidc::Identity>(&read);
  if (identity == nullptr) return;
  const auto claims = Json::parse(json);
  require(claims.at("iss") == issuer && is_for(claims, "mosaic") && claims.at("nonce") == "n-1",
          "a token is for us, and for this sign-in");
  require(claims.at("exp").get<double>() > 1'800'000'000.0 - 60, "a token has not expired");
  require(claims.at("sub") == identity->subject && !identity->subject.empty(),
          "a subject is what the token says");
  for (const auto& text : {identity->name, identity->email})
    require(text.size() <= 256 && text.find_first_of("\r\n") == std::string::npos,
            "what is shown is one short line");
}

}  // namespace

void try_input(std::string_view input) {
  const std::string issuer(take_line(input));
  const auto where = oidc::document_url(issuer);
  if (const auto* url = std::get_if<OutboundUrl>(&where)) {
    check_endpoint(*url);
    require(url->target.ends_with("/.well-known/openid-configuration"),
            "a description has one place");
  }
  check_document(input, issuer);
  check_identity(input, issuer);
}

}  // namespace mosaic::test
