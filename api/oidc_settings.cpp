#include "api/oidc_settings.hpp"

#include <map>

namespace mosaic {
namespace {

using Rows = std::map<std::string, ConfigValue>;

constexpr const char* secret_key = "oidc.clientSecret";
constexpr const char* issuer_key = "oidc.issuerUrl";

void read_text(const Rows& rows, const char* key, std::string& value) {
  const auto found = rows.find(key);
  if (found != rows.end() && !found->second.encrypted) value = found->second.value;
}

void read_flag(const Rows& rows, const char* key, bool& value) {
  const auto found = rows.find(key);
  if (found != rows.end()) value = found->second.value == "true";
}

ConfigChange plain(const char* key, const std::string& value) {
  return {key, ConfigValue{value, false}};
}

ConfigChange flag(const char* key, bool value) { return plain(key, value ? "true" : "false"); }

}  // namespace

std::optional<OidcSettings> read_oidc_settings(SettingsStore& settings, const SecretBox& secrets) {
  const auto rows = settings.read_config("oidc.");
  OidcSettings oidc;
  read_text(rows, issuer_key, oidc.issuer_url);
  read_text(rows, "oidc.clientId", oidc.client_id);
  if (oidc.issuer_url.empty() || oidc.client_id.empty()) return std::nullopt;
  read_flag(rows, "oidc.enabled", oidc.enabled);
  read_text(rows, "oidc.label", oidc.label);
  read_text(rows, "oidc.scopes", oidc.scopes);
  read_text(rows, "oidc.roleClaim", oidc.role_claim);
  read_text(rows, "oidc.adminValue", oidc.admin_value);
  read_text(rows, "oidc.userValue", oidc.user_value);
  read_flag(rows, "oidc.privateAddresses", oidc.private_addresses);
  const auto secret = rows.find(secret_key);
  if (secret == rows.end()) return oidc;
  try {
    oidc.client_secret = secrets.decrypt(secret->second.value);
  } catch (const DecryptError&) {
    oidc.secret_unreadable = true;
  }
  return oidc;
}

std::vector<ConfigChange> oidc_changes(const OidcSettings& oidc, const SecretBox& secrets) {
  std::vector<ConfigChange> changes{
      flag("oidc.enabled", oidc.enabled),
      plain(issuer_key, oidc.issuer_url),
      plain("oidc.clientId", oidc.client_id),
      plain("oidc.label", oidc.label),
      plain("oidc.scopes", oidc.scopes),
      plain("oidc.roleClaim", oidc.role_claim),
      plain("oidc.adminValue", oidc.admin_value),
      plain("oidc.userValue", oidc.user_value),
      flag("oidc.privateAddresses", oidc.private_addresses),
  };
  ConfigChange secret{secret_key, std::nullopt};
  if (!oidc.client_secret.empty())
    secret.value = ConfigValue{secrets.encrypt(oidc.client_secret), true};
  changes.push_back(std::move(secret));
  return changes;
}

std::vector<ConfigChange> no_oidc_changes() {
  std::vector<ConfigChange> changes;
  for (const char* key :
       {"oidc.enabled", issuer_key, "oidc.clientId", "oidc.label", "oidc.scopes", "oidc.roleClaim",
        "oidc.adminValue", "oidc.userValue", "oidc.privateAddresses", secret_key}) {
    changes.push_back({key, std::nullopt});
  }
  return changes;
}

}  // namespace mosaic
