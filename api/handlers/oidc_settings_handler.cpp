#include "api/handlers/oidc_settings_handler.hpp"

#include <nlohmann/json.hpp>

#include "api/json_response.hpp"
#include "api/oidc_input.hpp"
#include "api/problem.hpp"

namespace mosaic {
namespace {

using Json = nlohmann::ordered_json;

}  // namespace

void OidcSettingsHandler::add_routes(GuardedRoutes& routes) {
  const AccessRule admin{Admission::admin, Scope::admin};
  const auto add = [&](const char* method, const char* path, auto member) {
    routes.add(method, path, admin, [this, member](const Request& request, const Caller& caller) {
      return (this->*member)(request, caller);
    });
  };
  add("GET", "/api/settings/oidc", &OidcSettingsHandler::get);
  add("PUT", "/api/settings/oidc", &OidcSettingsHandler::put);
  add("DELETE", "/api/settings/oidc", &OidcSettingsHandler::remove);
  add("POST", "/api/settings/oidc/test", &OidcSettingsHandler::test);
}

Response OidcSettingsHandler::get(const Request&, const Caller&) {
  return json_response(200, oidc_view(read_oidc_settings(settings_, secrets_)));
}

Response OidcSettingsHandler::put(const Request& request, const Caller& caller) {
  const auto present = read_oidc_settings(settings_, secrets_);
  JsonBody body(request);
  const auto oidc = read_oidc_input(body, present);
  if (auto refusal = body.finish()) return std::move(*refusal);
  settings_.write_config(oidc_changes(oidc, secrets_));
  audit_.note(request, caller, "oidc.update", "settings/oidc",
              oidc.issuer_url + (oidc.enabled ? "" : ", switched off"));
  return get(request, caller);
}

Response OidcSettingsHandler::remove(const Request& request, const Caller& caller) {
  settings_.write_config(no_oidc_changes());
  audit_.note(request, caller, "oidc.delete", "settings/oidc");
  return get(request, caller);
}

Response OidcSettingsHandler::test(const Request& request, const Caller&) {
  JsonBody body(request);
  auto issuer = body.text("issuerUrl", {1, 512, true});
  auto private_addresses = body.flag("privateAddresses");
  if (auto refusal = body.finish()) return std::move(*refusal);
  const auto present = read_oidc_settings(settings_, secrets_);
  if (!issuer && !present) {
    return field_problems({{"issuerUrl", "is required, because no identity provider is set"}});
  }
  const auto outcome =
      probe_.probe(issuer ? *issuer : present->issuer_url,
                   private_addresses.value_or(!issuer && present->private_addresses));
  const auto remedy = remedy_for(outcome);
  Json answer{{"outcome", to_string(outcome)}, {"ok", outcome == IssuerOutcome::reachable}};
  answer["remedy"] = remedy.empty() ? Json() : Json(remedy);
  return json_response(200, answer);
}

}  // namespace mosaic
