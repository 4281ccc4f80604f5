// /api/onboarding: from an empty database to a house that people can sign in to. Every step may be repeated and taken
// up again where it was left, until set-up is completed; then each is refused for good.
//
// Handlers run on several workers at once. Throws StoreError. Must outlive the router. The gatekeeper's set_up rule
// keeps strangers out: the one-time token, or an admin's session.
#pragma once

#include <functional>

#include "api/access.hpp"
#include "api/audit_trail.hpp"
#include "api/change_preview.hpp"
#include "api/provider_test.hpp"
#include "secrets/password.hpp"
#include "secrets/secret_box.hpp"
#include "store/settings_store.hpp"

namespace mosaic {

class OnboardingHandler {
 public:
  // `holds_set_up_token`: whether the request carries the one-time token. It decides who sees how far set-up is;
  // whether it is completed may be known to everybody.
  OnboardingHandler(SettingsStore& settings, const SecretBox& secrets,
                    const PasswordHasher& passwords, const ChangePreview& preview,
                    ProviderTest& test, const AuditTrail& audit,
                    std::function<bool(const Request&)> holds_set_up_token)
      : settings_(settings),
        secrets_(secrets),
        passwords_(passwords),
        preview_(preview),
        test_(test),
        audit_(audit),
        holds_set_up_token_(std::move(holds_set_up_token)) {}

  void add_routes(GuardedRoutes& routes);

 private:
  Response status(const Request& request, const Caller& caller);
  Response breakglass(const Request& request, const Caller& caller);
  Response oidc(const Request& request, const Caller& caller);
  Response provider(const Request& request, const Caller& caller);
  Response test_provider(const Request& request, const Caller& caller);
  Response agents(const Request& request, const Caller& caller);
  Response complete(const Request& request, const Caller& caller);

  bool completed();
  bool noted(const std::string& key);
  std::optional<BreakglassUser> first_admin();
  std::vector<AgentRow> system_agents();
  Response present(int status);
  std::vector<std::string> missing_steps();

  SettingsStore& settings_;
  const SecretBox& secrets_;
  const PasswordHasher& passwords_;
  const ChangePreview& preview_;
  ProviderTest& test_;
  const AuditTrail& audit_;
  const std::function<bool(const Request&)> holds_set_up_token_;
};

}  // namespace mosaic
