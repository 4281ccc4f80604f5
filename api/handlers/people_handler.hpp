// /api/users, /api/audit and the breakglass password: who there is, what they may do, and what was done.
//
// Handlers run on several workers at once; setting a password takes a quarter of a second of one. Throws StoreError.
// Must outlive the router.
#pragma once

#include "api/access.hpp"
#include "api/audit_trail.hpp"
#include "secrets/password.hpp"
#include "store/account_store.hpp"
#include "store/settings_store.hpp"
#include "store/store.hpp"

namespace mosaic {

class PeopleHandler {
 public:
  // `remembered`: who remembers accounts and must forget one that changes here.
  PeopleHandler(AccountStore& accounts, AccountListener& remembered, SettingsStore& settings,
                const PasswordHasher& passwords, const AuditTrail& audit)
      : accounts_(accounts),
        remembered_(remembered),
        settings_(settings),
        passwords_(passwords),
        audit_(audit) {}

  void add_routes(GuardedRoutes& routes);

 private:
  Response list(const Request& request, const Caller& caller);
  Response patch(const Request& request, const Caller& caller);
  Response audit(const Request& request, const Caller& caller);
  Response set_password(const Request& request, const Caller& caller);
  void heed(const Account& before, const Account& after);

  AccountStore& accounts_;
  AccountListener& remembered_;
  SettingsStore& settings_;
  const PasswordHasher& passwords_;
  const AuditTrail& audit_;
};

}  // namespace mosaic
