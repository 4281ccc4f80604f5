// /api/system-agents: the platform's own agents. Their models come from the providers of the admins.
//
// Handlers run on several workers at once. Throws StoreError. Must outlive the router. Reading, starting, stopping and
// deleting are the fleet's: /api/fleet/system/{id}.
#pragma once

#include "api/access.hpp"
#include "api/audit_trail.hpp"
#include "api/change_preview.hpp"
#include "secrets/secret_box.hpp"
#include "store/settings_store.hpp"
#include "store/store.hpp"

namespace mosaic {

class SystemAgentHandler {
 public:
  SystemAgentHandler(AgentReader& agents, SettingsStore& settings, const SecretBox& secrets,
                     const ChangePreview& preview, const AuditTrail& audit)
      : agents_(agents), settings_(settings), secrets_(secrets), preview_(preview), audit_(audit) {}

  void add_routes(GuardedRoutes& routes);

 private:
  Response choices() const;
  Response create(const Request& request, const Caller& caller);
  Response update(const Request& request, const Caller& caller);

  AgentReader& agents_;
  SettingsStore& settings_;
  const SecretBox& secrets_;
  const ChangePreview& preview_;
  const AuditTrail& audit_;
};

}  // namespace mosaic
