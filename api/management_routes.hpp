// Everything behind /api but sign-in and chat: the handlers of settings, fleet, people and onboarding, built and wired
// in one place.
//
// Built once; its handlers run on several workers at once. The dependencies and this object outlive the router.
#pragma once

#include <functional>
#include <memory>

#include "api/access.hpp"
#include "api/fixed_settings.hpp"
#include "api/issuer_probe.hpp"
#include "api/provider_probe.hpp"
#include "api/standing_rights.hpp"
#include "model/clock.hpp"
#include "secrets/password.hpp"
#include "secrets/secret_box.hpp"
#include "store/account_store.hpp"
#include "store/question_store.hpp"
#include "store/settings_store.hpp"
#include "store/store.hpp"
#include "telemetry/log.hpp"

namespace mosaic {

struct ManagementDependencies {
  AgentReader& agents;
  DesiredStateWriter& desired;
  EventLog& events;
  SettingsStore& settings;
  QuestionAsker& questions;
  AccountStore& accounts;
  AccountListener& remembered;  // must forget an account that changes here
  StandingRights& rights;
  const SecretBox& secrets;
  const PasswordHasher& passwords;
  const Clock& clock;
  ProviderProbe& provider_probe;
  IssuerProbe& issuer_probe;
  std::function<bool(const Request&)> holds_set_up_token;
  FixedSettings fixed;
  Logger log;
};

class ManagementRoutes {
 public:
  explicit ManagementRoutes(ManagementDependencies dependencies);
  ~ManagementRoutes();
  ManagementRoutes(const ManagementRoutes&) = delete;
  ManagementRoutes& operator=(const ManagementRoutes&) = delete;

  void add_routes(GuardedRoutes& routes);

  // Before the server listens, and once it has ended.
  void start();
  void stop();
  // To be told what moves, from any thread.
  StatusListener& status_listener();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace mosaic
