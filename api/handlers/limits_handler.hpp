// /api/settings/limits: the fleet-wide settings of model/fleet_settings.hpp, under the names they have in the database
// without "fleet.".
//
// Handlers run on several workers at once. Throws StoreError. Must outlive the router. What the environment fixes is
// shown as fixed and refused on write.
#pragma once

#include "api/access.hpp"
#include "api/audit_trail.hpp"
#include "api/change_preview.hpp"
#include "api/fixed_settings.hpp"
#include "store/settings_store.hpp"
#include "store/store.hpp"

namespace mosaic {

class LimitsHandler {
 public:
  LimitsHandler(AgentReader& agents, SettingsStore& settings, const ChangePreview& preview,
                const FixedSettings& fixed, const AuditTrail& audit)
      : agents_(agents), settings_(settings), preview_(preview), fixed_(fixed), audit_(audit) {}

  void add_routes(GuardedRoutes& routes);

 private:
  Response get(const Request& request, const Caller& caller);
  Response put(const Request& request, const Caller& caller);
  Response present(const std::vector<AgentEffect>* effects);
  std::string tag() const;

  AgentReader& agents_;
  SettingsStore& settings_;
  const ChangePreview& preview_;
  const FixedSettings& fixed_;
  const AuditTrail& audit_;
};

}  // namespace mosaic
