// Whether a password is a breakglass user's: throttled, in a bounded number of slots, and equally long for names that
// nobody has.
//
// Thread-safe. Throws StoreError.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "api/auth/sign_in_throttle.hpp"
#include "api/auth/work_slots.hpp"
#include "api/http_message.hpp"
#include "secrets/password.hpp"
#include "store/account_store.hpp"

namespace mosaic {

class PasswordCheck {
 public:
  struct Refused {
    Response response;
    bool throttled = false;  // not tried: too soon, or too busy
  };

  PasswordCheck(AccountStore& accounts, const PasswordHasher& hasher, const Clock& clock);

  // The user whose password it is. An inactive user is refused like a wrong password.
  std::variant<BreakglassCredential, Refused> check(const std::string& username,
                                                    const std::string& password,
                                                    const std::string& address);
  // The bcrypt hash of a new password; nothing when too many are being made. Throws PasswordError.
  std::optional<std::string> hash(const std::string& password);

 private:
  AccountStore& accounts_;
  const PasswordHasher& hasher_;
  SignInThrottle throttle_;
  WorkSlots slots_;
};

// 503: too many are signing in at this moment.
Response too_busy();
// 429, with Retry-After.
Response too_many_attempts(std::chrono::milliseconds wait);
// 401, the one answer to every failure.
Response sign_in_failed();

}  // namespace mosaic
