#include "api/oidc_input.hpp"

#include <nlohmann/json.hpp>

namespace mosaic {
namespace {

std::optional<std::string> complaint_about_issuer(const std::string& url) {
  if (!url.starts_with("https://") && !url.starts_with("http://"))
    return "must begin with https://";
  if (url.find_first_of("?#\\@ ") != std::string::npos)
    return "must have no user name, no query, no fragment and no blanks";
  return std::nullopt;
}

}  // namespace

OidcSettings read_oidc_input(JsonBody& body, const std::optional<OidcSettings>& present) {
  OidcSettings oidc;
  oidc.enabled = body.flag("enabled").value_or(true);
  oidc.issuer_url = body.required_text("issuerUrl", {1, 512, true});
  if (!oidc.issuer_url.empty()) {
    if (auto complaint = complaint_about_issuer(oidc.issuer_url))
      body.complain("issuerUrl", std::move(*complaint));
  }
  oidc.client_id = body.required_text("clientId", {1, 256, true});
  oidc.label = body.text("label", {1, 64, true}).value_or(oidc.label);
  oidc.scopes = body.text("scopes", {1, 256, true}).value_or(oidc.scopes);
  if ((' ' + oidc.scopes + ' ').find(" openid ") == std::string::npos)
    body.complain("scopes", "must contain openid");
  oidc.role_claim = body.text("roleClaim", {1, 128, true}).value_or(oidc.role_claim);
  oidc.admin_value = body.text("adminValue", {1, 128, true}).value_or(oidc.admin_value);
  oidc.user_value = body.text("userValue", {1, 128, true}).value_or("");
  oidc.private_addresses = body.flag("privateAddresses").value_or(false);
  const bool removed = body.is_null("clientSecret");
  if (auto secret = body.text("clientSecret", {1, 1024, true})) {
    oidc.client_secret = std::move(*secret);
  } else if (!removed && present && present->issuer_url == oidc.issuer_url &&
             present->client_id == oidc.client_id) {
    oidc.client_secret = present->client_secret;
  }
  return oidc;
}

nlohmann::ordered_json oidc_view(const std::optional<OidcSettings>& oidc) {
  using Json = nlohmann::ordered_json;
  const OidcSettings shown = oidc.value_or(OidcSettings{});
  const auto text_or_null = [](const std::string& text) {
    return text.empty() ? Json() : Json(text);
  };
  return {{"configured", oidc.has_value()},
          {"enabled", oidc && oidc->enabled},
          {"issuerUrl", text_or_null(shown.issuer_url)},
          {"clientId", text_or_null(shown.client_id)},
          {"hasSecret", !shown.client_secret.empty()},
          {"secretUnreadable", shown.secret_unreadable},
          {"label", shown.label},
          {"scopes", shown.scopes},
          {"roleClaim", shown.role_claim},
          {"adminValue", shown.admin_value},
          {"userValue", text_or_null(shown.user_value)},
          {"privateAddresses", shown.private_addresses}};
}

}  // namespace mosaic
