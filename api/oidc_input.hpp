// What may be written about the identity provider: one reader for the onboarding and the settings.
//
// Pure; one request, one thread.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>

#include "api/json_body.hpp"
#include "api/oidc_settings.hpp"

namespace mosaic {

// Reads and judges every field; what is wrong becomes a complaint. The stored secret stays only while issuer and client
// do: it is never sent to anybody else.
OidcSettings read_oidc_input(JsonBody& body, const std::optional<OidcSettings>& present);

// Without the secret: hasSecret says whether there is one.
nlohmann::ordered_json oidc_view(const std::optional<OidcSettings>& oidc);

}  // namespace mosaic
