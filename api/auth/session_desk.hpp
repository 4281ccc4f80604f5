// Begins and ends sessions: what both ways of signing in have in common once it is known who somebody is.
//
// Safe from any thread. Throws StoreError.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "api/access.hpp"
#include "api/audit_trail.hpp"
#include "api/auth/auth_settings.hpp"
#include "api/auth/public_origin.hpp"
#include "store/account_store.hpp"

namespace mosaic {

// result: success, failure, throttled, error.
using SignInCounter = std::function<void(std::string_view result)>;

class SessionDesk {
 public:
  SessionDesk(AccountStore& accounts, AccountListener& remembered, const AuditTrail& audit,
              const Clock& clock, const PublicOrigin& origin, const AuthLimits& limits,
              SignInCounter count_sign_in)
      : accounts_(accounts),
        remembered_(remembered),
        audit_(audit),
        clock_(clock),
        origin_(origin),
        limits_(limits),
        count_sign_in_(std::move(count_sign_in)) {}

  // A new session for the account, whose cookie goes into the response. The one that the browser had before ends: no
  // session lives across a sign-in. `detail` says by which way. False, and no session, when the account was disabled a
  // moment ago.
  [[nodiscard]] bool begin(const Request& request, const Account& account, Response& response,
                           std::string_view detail) const;
  // As begin, when the account's other sessions have just been ended for a reason of their own.
  [[nodiscard]] bool renew(const Request& request, const Account& account,
                           Response& response) const;
  void end(const Request& request, const Caller& caller, Response& response) const;
  // All of the account's; how many went.
  int end_all(const Request& request, const Caller& caller, Response& response) const;

  void failed(const Request& request, const std::string& name, std::string_view detail) const;
  void count(std::string_view result) const { count_sign_in_(result); }

  const PublicOrigin& origin() const { return origin_; }

 private:
  std::optional<std::string> create(const Account& account) const;  // the cookie

  AccountStore& accounts_;
  AccountListener& remembered_;
  const AuditTrail& audit_;
  const Clock& clock_;
  const PublicOrigin& origin_;
  const AuthLimits limits_;
  const SignInCounter count_sign_in_;
};

}  // namespace mosaic
