// Passwords of local accounts, kept as bcrypt.
//
// Thread-safe: const after construction. A call takes about 250 ms of one core at the default cost,
// so callers run it on a bounded pool and never on an I/O thread. bcrypt reads no more than 72
// bytes and stops at a NUL; such passwords are refused rather than cut short, when set and when
// checked.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace mosaic {

// A password that cannot be used at all; what() may be shown to its owner and never contains it.
class PasswordError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class PasswordHasher {
 public:
  static constexpr unsigned default_cost = 12;
  static constexpr unsigned min_cost = 4;
  // Each step doubles the time; a stored hash above this is taken for damaged rather than computed
  // for minutes.
  static constexpr unsigned max_cost = 16;
  static constexpr std::size_t max_password_bytes = 72;

  // Tests lower the cost; throws std::invalid_argument outside min_cost..max_cost.
  explicit PasswordHasher(unsigned cost = default_cost);

  // "$2b$<cost>$…", 60 characters. Throws PasswordError.
  std::string hash_password(std::string_view password) const;

  // Understands $2a$, $2b$ and $2y$. False for a wrong password and for a stored text that is no
  // bcrypt hash. Throws PasswordError for a password that hash_password would not have taken.
  bool verify_password(std::string_view password, std::string_view stored_hash) const;

  // For a name that no account has: takes as long as verify_password, throws as it does, and
  // returns false.
  bool verify_unknown_user(std::string_view password) const;

 private:
  unsigned cost_;
  std::string unknown_user_hash_;
};

}  // namespace mosaic
