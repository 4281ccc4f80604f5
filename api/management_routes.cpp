#include "api/management_routes.hpp"

#include "api/audit_trail.hpp"
#include "api/change_preview.hpp"
#include "api/fleet_events.hpp"
#include "api/handlers/agent_log_handler.hpp"
#include "api/handlers/fleet_handler.hpp"
#include "api/handlers/labels_handler.hpp"
#include "api/handlers/limits_handler.hpp"
#include "api/handlers/oidc_settings_handler.hpp"
#include "api/handlers/onboarding_handler.hpp"
#include "api/handlers/own_agent_handler.hpp"
#include "api/handlers/people_handler.hpp"
#include "api/handlers/preferences_handler.hpp"
#include "api/handlers/provider_handler.hpp"
#include "api/handlers/system_agent_handler.hpp"
#include "api/handlers/usage_handler.hpp"
#include "api/handlers/user_agent_handler.hpp"
#include "api/provider_test.hpp"

namespace mosaic {

struct ManagementRoutes::Parts {
  explicit Parts(ManagementDependencies given)
      : it(std::move(given)),
        audit(it.accounts, it.clock, it.log.with_component("audit")),
        preview(it.agents, it.settings, it.secrets),
        test(it.provider_probe, it.agents),
        onboarding(it.settings, it.secrets, it.passwords, preview, test, audit,
                   it.holds_set_up_token),
        providers(it.settings, it.secrets, preview, test, audit),
        preferences(it.settings, it.secrets, preview, audit),
        own_agent(it.settings, it.secrets, preview, audit, it.clock),
        fleet(it.agents, it.desired, it.events, it.settings, it.secrets, preview, it.fixed, audit,
              it.clock),
        system_agents(it.agents, it.settings, it.secrets, preview, audit),
        user_agents(it.settings, it.secrets, audit),
        usage(it.questions),
        log(it.questions, it.settings, it.secrets),
        labels(it.agents, it.settings, audit),
        limits(it.agents, it.settings, preview, it.fixed, audit),
        oidc(it.settings, it.secrets, it.issuer_probe, audit),
        people(it.accounts, it.remembered, it.settings, it.passwords, audit),
        events(it.agents, it.clock, it.log.with_component("fleet-events")) {}

  const ManagementDependencies it;
  const AuditTrail audit;
  const ChangePreview preview;
  ProviderTest test;
  OnboardingHandler onboarding;
  ProviderHandler providers;
  PreferencesHandler preferences;
  OwnAgentHandler own_agent;
  FleetHandler fleet;
  SystemAgentHandler system_agents;
  UserAgentHandler user_agents;
  UsageHandler usage;
  AgentLogHandler log;
  LabelsHandler labels;
  LimitsHandler limits;
  OidcSettingsHandler oidc;
  PeopleHandler people;
  FleetEvents events;
};

ManagementRoutes::ManagementRoutes(ManagementDependencies dependencies)
    : parts_(std::make_unique<Parts>(std::move(dependencies))) {}

ManagementRoutes::~ManagementRoutes() = default;

void ManagementRoutes::add_routes(GuardedRoutes& routes) {
  parts_->onboarding.add_routes(routes);
  parts_->providers.add_routes(routes);
  parts_->preferences.add_routes(routes);
  parts_->own_agent.add_routes(routes);
  parts_->fleet.add_routes(routes);
  parts_->system_agents.add_routes(routes);
  parts_->user_agents.add_routes(routes);
  parts_->usage.add_routes(routes);
  parts_->log.add_routes(routes);
  parts_->labels.add_routes(routes);
  parts_->limits.add_routes(routes);
  parts_->oidc.add_routes(routes);
  parts_->people.add_routes(routes);
  parts_->events.add_routes(routes.router(), parts_->it.rights);
}

void ManagementRoutes::start() { parts_->events.start(); }

void ManagementRoutes::stop() { parts_->events.stop(); }

StatusListener& ManagementRoutes::status_listener() { return parts_->events; }

}  // namespace mosaic
