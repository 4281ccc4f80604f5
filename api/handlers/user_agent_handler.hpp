// /api/user-agents: an admin makes the agent of a person who has not needed it yet. Everything else about it is the
// fleet's: /api/fleet/user/{id}.
//
// Handlers run on several workers at once. Throws StoreError. Must outlive the router.
#pragma once

#include "api/access.hpp"
#include "api/audit_trail.hpp"
#include "secrets/secret_box.hpp"
#include "store/settings_store.hpp"

namespace mosaic {

class UserAgentHandler {
 public:
  UserAgentHandler(SettingsStore& settings, const SecretBox& secrets, const AuditTrail& audit)
      : settings_(settings), secrets_(secrets), audit_(audit) {}

  void add_routes(GuardedRoutes& routes);

 private:
  Response create(const Request& request, const Caller& caller);

  SettingsStore& settings_;
  const SecretBox& secrets_;
  const AuditTrail& audit_;
};

}  // namespace mosaic
