// What people do about their own way in: change their password, make and revoke API tokens, sign out everywhere.
//
// Safe from any thread. All of it needs a session: a stolen token must not make another. A token's text is answered once,
// when it is made, and is nowhere afterwards.
#pragma once

#include "api/access.hpp"
#include "api/audit_trail.hpp"
#include "api/auth/password_check.hpp"
#include "api/auth/session_desk.hpp"
#include "store/account_store.hpp"

namespace mosaic {

class OwnAccountHandler {
 public:
  OwnAccountHandler(AccountStore& accounts, AccountListener& remembered, PasswordCheck& passwords,
                    const SessionDesk& sessions, const AuditTrail& audit, const Clock& clock,
                    const AuthLimits& limits)
      : accounts_(accounts),
        remembered_(remembered),
        passwords_(passwords),
        sessions_(sessions),
        audit_(audit),
        clock_(clock),
        limits_(limits) {}

  // POST /api/account/password, GET and POST /api/account/tokens, DELETE /api/account/tokens/{id},
  // DELETE /api/account/sessions. Outlives the router.
  void add_routes(GuardedRoutes& routes) const;

 private:
  Response change_password(const Request& request, const Caller& caller) const;
  Response list_tokens(const Caller& caller) const;
  Response make_token(const Request& request, const Caller& caller) const;
  Response revoke_token(const Request& request, const Caller& caller) const;
  Response sign_out_everywhere(const Request& request, const Caller& caller) const;

  AccountStore& accounts_;
  AccountListener& remembered_;
  PasswordCheck& passwords_;
  const SessionDesk& sessions_;
  const AuditTrail& audit_;
  const Clock& clock_;
  const AuthLimits limits_;
};

}  // namespace mosaic
