#include "api/auth/authentication.hpp"

#include "api/auth/gatekeeper.hpp"
#include "api/auth/oidc/oidc_handler.hpp"
#include "api/auth/own_account_handler.hpp"
#include "api/auth/password_check.hpp"
#include "api/auth/sign_in_handler.hpp"

namespace mosaic {

struct Authentication::Parts {
  Parts(const AuthSettings& settings, AuthDependencies given)
      : origin(settings.public_url, settings.plain_http),
        gatekeeper(given.accounts, given.settings, given.clock, origin, settings.limits),
        passwords(given.accounts, hasher, given.clock),
        audit(given.accounts, given.clock, given.log),
        sessions(given.accounts, gatekeeper, audit, given.clock, origin, settings.limits,
                 std::move(given.count_sign_in)),
        provider(given.outbound, given.clock, given.outbound_policy),
        oidc_handler(given.accounts, given.settings, given.secrets, provider, sessions, given.clock,
                     given.log),
        sign_in(given.accounts, passwords, sessions, given.clock, settings.limits,
                [this] { return oidc_handler.method(); }),
        own_account(given.accounts, gatekeeper, passwords, sessions, audit, given.clock,
                    settings.limits) {}

  PublicOrigin origin;
  StoreGatekeeper gatekeeper;
  PasswordHasher hasher;
  PasswordCheck passwords;
  AuditTrail audit;
  SessionDesk sessions;
  oidc::ProviderClient provider;
  oidc::OidcHandler oidc_handler;
  SignInHandler sign_in;
  OwnAccountHandler own_account;
};

Authentication::Authentication(const AuthSettings& settings, AuthDependencies dependencies)
    : parts_(std::make_unique<Parts>(settings, std::move(dependencies))) {}

Authentication::~Authentication() = default;

Gatekeeper& Authentication::gatekeeper() { return parts_->gatekeeper; }

AccountListener& Authentication::remembered() { return parts_->gatekeeper; }

void Authentication::add_routes(GuardedRoutes& routes) const {
  parts_->sign_in.add_routes(routes);
  parts_->oidc_handler.add_routes(routes);
  parts_->own_account.add_routes(routes);
}

}  // namespace mosaic
