#include "api/people_api.hpp"

#include <utility>

#include "api/access.hpp"
#include "api/audit_trail.hpp"
#include "api/auth/authentication.hpp"
#include "api/change_preview.hpp"
#include "api/gateway/gateway_parts.hpp"
#include "api/handlers/fleet_handler.hpp"
#include "api/handlers/limits_handler.hpp"
#include "api/handlers/own_agent_handler.hpp"
#include "api/handlers/people_handler.hpp"
#include "api/handlers/preferences_handler.hpp"
#include "api/handlers/provider_handler.hpp"
#include "api/handlers/system_agent_handler.hpp"
#include "api/http_provider_probe.hpp"
#include "api/idempotency.hpp"
#include "api/provider_test.hpp"
#include "http/outbound_client.hpp"

namespace mosaic {
class PeopleApi::Parts {
 public:
  explicit Parts(PeopleDependencies given)
      : given_(std::move(given)),
        authentication_(given_.auth,
                        AuthDependencies{given_.accounts, given_.settings, given_.clock,
                                         given_.secrets, outbound_, given_.outbound,
                                         given_.count_sign_in, given_.log}),
        audit_(given_.accounts, given_.clock, given_.log),
        idempotency_(given_.accounts, given_.secrets, given_.clock),
        preview_(given_.agents, given_.settings, given_.secrets),
        probe_(outbound_, given_.outbound, given_.log),
        provider_test_(probe_, given_.agents),
        providers_(given_.settings, given_.secrets, preview_, provider_test_, audit_),
        preferences_(given_.settings, given_.secrets, preview_, audit_),
        own_agent_(given_.settings, given_.desired, given_.secrets, preview_, audit_, given_.clock),
        fleet_(given_.agents, given_.desired, given_.events, given_.settings, preview_,
               given_.fixed, audit_, given_.clock),
        system_agents_(given_.agents, given_.settings, given_.secrets, preview_, audit_),
        limits_(given_.agents, given_.settings, preview_, given_.fixed, audit_),
        people_(given_.accounts, given_.settings, given_.desired, given_.passwords, audit_),
        gateway_(GatewayPartsNeeds{given_.clock, given_.agents, given_.desired, given_.settings,
                                   given_.accounts, given_.secrets,
                                   [log = given_.log](const std::string& line) {
                                     log.warning("agents in use", {{Field::state, line}});
                                   }}) {}

  void add_routes(Router& router) {
    GuardedRoutes routes(router, authentication_.gatekeeper(), &idempotency_);
    authentication_.add_routes(routes);
    providers_.add_routes(routes);
    preferences_.add_routes(routes);
    own_agent_.add_routes(routes);
    fleet_.add_routes(routes);
    system_agents_.add_routes(routes);
    limits_.add_routes(routes);
    people_.add_routes(routes);
  }

  void start() { gateway_.start(); }
  void stop() { gateway_.stop(); }

  AccountListener& account_listener() { return authentication_.remembered(); }
  StatusListener& status_listener() { return gateway_.status_listener(); }

 private:
  const PeopleDependencies given_;
  GuardedOutboundClient outbound_;
  Authentication authentication_;
  AuditTrail audit_;
  Idempotency idempotency_;
  ChangePreview preview_;
  HttpProviderProbe probe_;
  ProviderTest provider_test_;
  ProviderHandler providers_;
  PreferencesHandler preferences_;
  OwnAgentHandler own_agent_;
  FleetHandler fleet_;
  SystemAgentHandler system_agents_;
  LimitsHandler limits_;
  PeopleHandler people_;
  GatewayParts gateway_;
};

PeopleApi::PeopleApi(PeopleDependencies dependencies)
    : parts_(std::make_unique<Parts>(std::move(dependencies))) {}

PeopleApi::~PeopleApi() = default;

void PeopleApi::add_routes(Router& router) { parts_->add_routes(router); }

void PeopleApi::start() { parts_->start(); }

void PeopleApi::stop() { parts_->stop(); }

AccountListener& PeopleApi::account_listener() { return parts_->account_listener(); }

StatusListener& PeopleApi::status_listener() { return parts_->status_listener(); }

}  // namespace mosaic
