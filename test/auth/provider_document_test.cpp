#include "api/auth/oidc/provider_document.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace mosaic::oidc {
namespace {

using nlohmann::json;

const std::string issuer = "https://issuer.example/realm";

json document() {
  return {{"issuer", issuer},
          {"authorization_endpoint", issuer + "/authorize?theme=dark"},
          {"token_endpoint", issuer + "/token"},
          {"jwks_uri", issuer + "/keys"}};
}

bool usable(const json& json_document, const std::string& of = issuer) {
  return std::holds_alternative<ProviderDocument>(
      parse_provider_document(json_document.dump(), of));
}

TEST(ProviderDocument, IsReadWithItsEndpoints) {
  const auto parsed = parse_provider_document(document().dump(), issuer);
  const auto& provider = std::get<ProviderDocument>(parsed);
  EXPECT_EQ(provider.authorization_endpoint, issuer + "/authorize?theme=dark");
  EXPECT_EQ(provider.token_endpoint.target, "/realm/token");
  EXPECT_EQ(provider.client_authentication, ClientAuthentication::basic);
}

TEST(ProviderDocument, MustNameTheIssuerToTheLastCharacter) {
  for (const auto* other : {"https://issuer.example/realm/", "https://issuer.example/Realm",
                            "http://issuer.example/realm", "https://issuer.example", ""})
    EXPECT_FALSE(usable(document(), other)) << other;
}

TEST(ProviderDocument, LeadsNowhereOdd) {
  for (const auto* name : {"authorization_endpoint", "token_endpoint", "jwks_uri"}) {
    for (const auto* value :
         {"", "javascript:alert(1)", "http://issuer.example/x", "https://u@issuer.example/",
          "https://issuer.example\\x", "//issuer.example", "file:///etc/passwd",
          "https://issuer.example/a\r\nX: y", "https://issuer.example:22/"}) {
      auto wrong = document();
      wrong[name] = value;
      EXPECT_FALSE(usable(wrong)) << name << " " << value;
    }
    auto missing = document();
    missing.erase(name);
    EXPECT_FALSE(usable(missing)) << name;
  }
  auto local = document();
  local["token_endpoint"] = "http://localhost:9000/token";
  EXPECT_TRUE(usable(local));
  for (const auto* text : {"", "[]", "5", "{", "null"})
    EXPECT_TRUE(std::holds_alternative<Unusable>(parse_provider_document(text, issuer))) << text;
}

TEST(ProviderDocument, SaysHowTheClientProvesItself) {
  const auto chosen = [](const json& methods) {
    auto with = document();
    with["token_endpoint_auth_methods_supported"] = methods;
    const auto parsed = parse_provider_document(with.dump(), issuer);
    const auto* provider = std::get_if<ProviderDocument>(&parsed);
    return provider == nullptr ? std::optional<ClientAuthentication>()
                               : provider->client_authentication;
  };
  EXPECT_EQ(chosen({"client_secret_post", "client_secret_basic"}), ClientAuthentication::basic);
  EXPECT_EQ(chosen({"client_secret_post"}), ClientAuthentication::post);
  EXPECT_EQ(chosen({"none"}), ClientAuthentication::post);
  EXPECT_FALSE(chosen({"private_key_jwt"}));
}

TEST(ProviderDocument, IsWhereTheIssuerSays) {
  const auto path_of = [](const std::string& of) {
    const auto url = document_url(of);
    const auto* known = std::get_if<OutboundUrl>(&url);
    return known == nullptr ? std::string("unusable") : known->origin() + known->target;
  };
  EXPECT_EQ(path_of("https://a.example"), "https://a.example/.well-known/openid-configuration");
  EXPECT_EQ(path_of("https://a.example/"), "https://a.example/.well-known/openid-configuration");
  EXPECT_EQ(path_of(issuer), issuer + "/.well-known/openid-configuration");
  EXPECT_EQ(path_of("http://localhost:9000"),
            "http://localhost:9000/.well-known/openid-configuration");
  for (const auto* of :
       {"", "http://a.example", "https://a.example?x=1", "https://u@a.example", "ftp://a.example"})
    EXPECT_EQ(path_of(of), "unusable") << of;
}

}  // namespace
}  // namespace mosaic::oidc
