// /api/agent-config: the model, the fallbacks, the personality and the default provider of one's own agent.
//
// Handlers run on several workers at once. Throws StoreError. Must outlive the router.
#pragma once

#include "api/access.hpp"
#include "api/audit_trail.hpp"
#include "api/change_preview.hpp"
#include "secrets/secret_box.hpp"
#include "store/settings_store.hpp"

namespace mosaic {

class PreferencesHandler {
 public:
  PreferencesHandler(SettingsStore& settings, const SecretBox& secrets,
                     const ChangePreview& preview, const AuditTrail& audit)
      : settings_(settings), secrets_(secrets), preview_(preview), audit_(audit) {}

  void add_routes(GuardedRoutes& routes);

 private:
  Response get(const Request& request, const Caller& caller);
  Response put(const Request& request, const Caller& caller);
  AgentPreferences preferences_of(const std::string& owner);

  SettingsStore& settings_;
  const SecretBox& secrets_;
  const ChangePreview& preview_;
  const AuditTrail& audit_;
};

}  // namespace mosaic
