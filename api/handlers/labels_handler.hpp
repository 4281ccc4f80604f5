// /api/labels: words that admins put on agents and on their own providers, so that those which were declared together are
// found together again (mosaic apply --prune). They mean nothing to the fleet itself.
//
// Kept as plain settings under the row's id: whoever is deleted and made again has none.
// Handlers run on several workers at once. Throws StoreError. Must outlive the router.
#pragma once

#include "api/access.hpp"
#include "api/audit_trail.hpp"
#include "store/settings_store.hpp"
#include "store/store.hpp"

namespace mosaic {

class LabelsHandler {
 public:
  LabelsHandler(AgentReader& agents, SettingsStore& settings, const AuditTrail& audit)
      : agents_(agents), settings_(settings), audit_(audit) {}

  void add_routes(GuardedRoutes& routes);

 private:
  Response list();
  Response put(const Request& request, const Caller& caller);
  bool exists(const std::string& kind, const std::string& id, const Caller& caller);

  AgentReader& agents_;
  SettingsStore& settings_;
  const AuditTrail& audit_;
};

}  // namespace mosaic
