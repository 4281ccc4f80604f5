// /api/settings/oidc: the identity provider. Its secret goes in and never comes out.
//
// Handlers run on several workers at once; a test may take ten seconds of one. Throws StoreError. Must outlive the
// router.
#pragma once

#include <functional>

#include "api/access.hpp"
#include "api/audit_trail.hpp"
#include "api/issuer_probe.hpp"
#include "secrets/secret_box.hpp"
#include "store/settings_store.hpp"

namespace mosaic {

class OidcSettingsHandler {
 public:
  OidcSettingsHandler(SettingsStore& settings, const SecretBox& secrets, IssuerProbe& probe,
                      const AuditTrail& audit)
      : settings_(settings), secrets_(secrets), probe_(probe), audit_(audit) {}

  void add_routes(GuardedRoutes& routes);

 private:
  Response get(const Request& request, const Caller& caller);
  Response put(const Request& request, const Caller& caller);
  Response remove(const Request& request, const Caller& caller);
  Response test(const Request& request, const Caller& caller);

  SettingsStore& settings_;
  const SecretBox& secrets_;
  IssuerProbe& probe_;
  const AuditTrail& audit_;
};

}  // namespace mosaic
