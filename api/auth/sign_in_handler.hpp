// Signing in with a name and a password (breakglass), signing out, and who one is.
//
// Safe from any thread. An unknown name, a wrong password and a disabled account get the same answer after the same work.
// bcrypt runs in a few slots of its own.
#pragma once

#include <functional>
#include <string>

#include "api/access.hpp"
#include "api/auth/password_check.hpp"
#include "api/auth/session_desk.hpp"
#include "model/clock.hpp"
#include "store/account_store.hpp"

namespace mosaic {

// What GET /api/auth/methods says of the identity provider.
struct OidcMethod {
  bool enabled = false;
  std::string label;
};

class SignInHandler {
 public:
  SignInHandler(AccountStore& accounts, PasswordCheck& passwords, const SessionDesk& sessions,
                const Clock& clock, const AuthLimits& limits, std::function<OidcMethod()> oidc)
      : accounts_(accounts),
        passwords_(passwords),
        sessions_(sessions),
        clock_(clock),
        limits_(limits),
        oidc_(std::move(oidc)) {}

  // POST /api/auth/sign-in, POST /api/auth/sign-out, GET /api/auth/session, GET /api/auth/methods. Outlives the router.
  void add_routes(GuardedRoutes& routes) const;

 private:
  Response sign_in(const Request& request) const;
  Response sign_out(const Request& request, const Caller& caller) const;
  Response session(const Caller& caller) const;
  Response methods() const;

  AccountStore& accounts_;
  PasswordCheck& passwords_;
  const SessionDesk& sessions_;
  const Clock& clock_;
  const AuthLimits limits_;
  const std::function<OidcMethod()> oidc_;
};

}  // namespace mosaic
