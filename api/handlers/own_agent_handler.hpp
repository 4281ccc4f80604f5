// /api/container: one's own agent, by the seed's name. It is made with the first need of it.
//
// Handlers run on several workers at once. Throws StoreError. Must outlive the router. They write what should be; the
// controller sees to it.
#pragma once

#include "api/access.hpp"
#include "api/audit_trail.hpp"
#include "api/change_preview.hpp"
#include "model/clock.hpp"
#include "secrets/secret_box.hpp"
#include "store/settings_store.hpp"

namespace mosaic {

class OwnAgentHandler {
 public:
  OwnAgentHandler(SettingsStore& settings, const SecretBox& secrets, const ChangePreview& preview,
                  const AuditTrail& audit, const Clock& clock)
      : settings_(settings), secrets_(secrets), preview_(preview), audit_(audit), clock_(clock) {}

  void add_routes(GuardedRoutes& routes);

 private:
  Response get(const Request& request, const Caller& caller);
  Response start(const Request& request, const Caller& caller);
  Response stop(const Request& request, const Caller& caller);
  Response rotate_token(const Request& request, const Caller& caller);
  Response restart(const Request& request, const Caller& caller);
  Response patch(const Request& request, const Caller& caller);
  Response present(const std::string& owner, int status);

  SettingsStore& settings_;
  const SecretBox& secrets_;
  const ChangePreview& preview_;
  const AuditTrail& audit_;
  const Clock& clock_;
};

}  // namespace mosaic
