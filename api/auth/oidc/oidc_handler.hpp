// Signing in at an identity provider: GET /api/auth/oidc/start sends the browser there, GET /api/auth/oidc/callback takes
// it back (OpenID Connect, authorization code with PKCE).
//
// Safe from any thread. Settings are read for each use. Asking the provider takes one of a few slots and ten seconds at
// most: whoever finds them taken is told so at once, and nothing else waits for a provider that hangs. Browsers are sent
// to the sign-in page with a word for what went wrong, programs get a problem; neither repeats what the provider said.
// Throws StoreError.
#pragma once

#include "api/access.hpp"
#include "api/auth/oidc/identity_claims.hpp"
#include "api/auth/oidc/provider_client.hpp"
#include "api/auth/oidc/transaction.hpp"
#include "api/auth/session_desk.hpp"
#include "api/auth/sign_in_handler.hpp"
#include "api/auth/work_slots.hpp"
#include "secrets/secret_box.hpp"
#include "store/account_store.hpp"
#include "store/settings_store.hpp"
#include "telemetry/log.hpp"

namespace mosaic::oidc {

class OidcHandler {
 public:
  OidcHandler(AccountStore& accounts, SettingsStore& settings, const SecretBox& secrets,
              ProviderClient& provider, const SessionDesk& sessions, const Clock& clock,
              Logger log);

  void add_routes(GuardedRoutes& routes);
  // For GET /api/auth/methods.
  OidcMethod method() const;

 private:
  struct Failure {
    int status;
    std::string_view type;  // of problem.hpp
    std::string_view word;  // for the sign-in page
    std::string_view detail;
    std::string_view remedy;
  };
  static const Failure not_enabled, busy, provider_failed, begun_elsewhere, refused, not_allowed;

  std::optional<OidcSettings> settings_in_force() const;
  Response start(const Request& request);
  Response callback(const Request& request);
  Response finish(const Request& request, const Transaction& transaction,
                  const OidcSettings& settings, const std::string& code);
  // The identity, once everything about the token is right; else the reason.
  std::variant<Identity, Unusable> redeem(const OidcSettings& settings,
                                          const Transaction& transaction, const std::string& code);
  Response sign_in(const Request& request, const Transaction& transaction,
                   const OidcSettings& settings, const Identity& identity);
  Response fail(const Request& request, const Failure& failure) const;
  Response fail_for(const Request& request, const Failure& failure,
                    const std::string& reason) const;

  AccountStore& accounts_;
  SettingsStore& settings_;
  const SecretBox& secrets_;
  ProviderClient& provider_;
  const SessionDesk& sessions_;
  const Clock& clock_;
  const Logger log_;
  WorkSlots slots_;
};

}  // namespace mosaic::oidc
