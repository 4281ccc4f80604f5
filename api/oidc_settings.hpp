// How people sign in with an identity provider, as the database has it ("SystemConfig", keys "oidc.…"). One place knows
// the names of its rows; the settings and the onboarding write them, sign-in reads them.
//
// Plain values. read_oidc_settings() may be called from any thread and throws StoreError.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "secrets/secret_box.hpp"
#include "store/settings_store.hpp"

namespace mosaic {

struct OidcSettings {
  bool enabled = true;     // oidc.enabled: without it only breakglass users sign in
  std::string issuer_url;  // oidc.issuerUrl, exactly as the issuer calls itself
  std::string client_id;   // oidc.clientId
  std::string
      client_secret;  // oidc.clientSecret, encrypted there; plain here; empty: a public client
  bool secret_unreadable = false;  // it is of another MOSAIC_SECRET_KEY and must be entered again
  std::string label = "Single sign-on";         // oidc.label, on the button
  std::string scopes = "openid profile email";  // oidc.scopes
  std::string role_claim = "roles";             // oidc.roleClaim: a text or a list of texts
  std::string admin_value = "mosaic-admin";  // oidc.adminValue: who has it in the claim is an admin
  std::string user_value;  // oidc.userValue: who has it may use the house; empty: whoever signs in
  bool private_addresses = false;  // oidc.privateAddresses: the issuer may be in a private range
};

// Nothing when none is configured.
std::optional<OidcSettings> read_oidc_settings(SettingsStore& settings, const SecretBox& secrets);

// The rows that say this; an empty secret removes the stored one.
std::vector<ConfigChange> oidc_changes(const OidcSettings& oidc, const SecretBox& secrets);
// The rows that go when there is to be none.
std::vector<ConfigChange> no_oidc_changes();

}  // namespace mosaic
