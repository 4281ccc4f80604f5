// /api/fleet: every agent as admins see it, whosever it is. Status, conditions, events and resources; never a
// configuration, a key or anything that was said.
//
// Handlers run on several workers at once. Throws StoreError. Must outlive the router. They write what should be; the
// controller sees to it.
#pragma once

#include "api/access.hpp"
#include "api/audit_trail.hpp"
#include "api/change_preview.hpp"
#include "api/fixed_settings.hpp"
#include "model/clock.hpp"
#include "secrets/secret_box.hpp"
#include "store/settings_store.hpp"
#include "store/store.hpp"

namespace mosaic {

class FleetHandler {
 public:
  FleetHandler(AgentReader& agents, DesiredStateWriter& desired, EventLog& events,
               SettingsStore& settings, const SecretBox& secrets, const ChangePreview& preview,
               const FixedSettings& fixed, const AuditTrail& audit, const Clock& clock)
      : agents_(agents),
        desired_(desired),
        events_(events),
        settings_(settings),
        secrets_(secrets),
        preview_(preview),
        fixed_(fixed),
        audit_(audit),
        clock_(clock) {}

  void add_routes(GuardedRoutes& routes);

 private:
  Response list(const Request& request, const Caller& caller);
  Response get(const Request& request, const Caller& caller);
  Response events(const Request& request, const Caller& caller);
  Response wakes(const Request& request, const Caller& caller);
  Response start(const Request& request, const Caller& caller);
  Response stop(const Request& request, const Caller& caller);
  Response move(const Request& request, const Caller& caller);
  Response rotate_token(const Request& request, const Caller& caller);
  Response restart(const Request& request, const Caller& caller);
  Response stop_all(const Request& request, const Caller& caller);
  Response patch(const Request& request, const Caller& caller);
  Response remove(const Request& request, const Caller& caller);

  std::optional<AgentRow> find(const Request& request);
  Response present(const AgentRow& row, int status, const std::vector<AgentEffect>* effects);
  Response present_again(const ResourceKey& key, int status);

  AgentReader& agents_;
  DesiredStateWriter& desired_;
  EventLog& events_;
  SettingsStore& settings_;
  const SecretBox& secrets_;
  const ChangePreview& preview_;
  const FixedSettings& fixed_;
  const AuditTrail& audit_;
  const Clock& clock_;
};

}  // namespace mosaic
