#include "api/auth/password_check.hpp"

#include "api/problem.hpp"

namespace mosaic {
namespace {

// bcrypt fills a core for a quarter of a second, so more at a time finish none sooner; and the few that wait leave most of
// the server's workers to everybody else.
constexpr std::size_t running_at_once = 2;
constexpr std::size_t waiting_at_most = 2;
constexpr std::chrono::milliseconds patience = std::chrono::seconds(3);

}  // namespace

PasswordCheck::PasswordCheck(AccountStore& accounts, const PasswordHasher& hasher,
                             const Clock& clock)
    : accounts_(accounts),
      hasher_(hasher),
      throttle_(clock),
      slots_(running_at_once, waiting_at_most, patience) {}

std::variant<BreakglassCredential, PasswordCheck::Refused> PasswordCheck::check(
    const std::string& username, const std::string& password, const std::string& address) {
  if (const auto wait = throttle_.begin(username, address))
    return Refused{too_many_attempts(*wait), true};
  auto slot = slots_.take();
  if (!slot) {
    throttle_.withdraw(username, address);
    return Refused{too_busy(), true};
  }
  const auto user = accounts_.find_breakglass(username);
  bool right = false;
  try {
    right = user ? hasher_.verify_password(password, user->password_hash)
                 : hasher_.verify_unknown_user(password);
  } catch (const PasswordError&) {
    right = false;  // a password that nobody can have
  }
  if (!right || !user->active) return Refused{sign_in_failed(), false};
  throttle_.succeeded(username, address);
  return *user;
}

std::optional<std::string> PasswordCheck::hash(const std::string& password) {
  auto slot = slots_.take();
  if (!slot) return std::nullopt;
  return hasher_.hash_password(password);
}

Response too_busy() {
  auto response = problem(503, problem_type::busy, "Too many are signing in at this moment.",
                          "Try again in a second.");
  response.set_field("Retry-After", "1");
  return response;
}

Response too_many_attempts(std::chrono::milliseconds wait) {
  auto response = problem(429, problem_type::too_many_attempts,
                          "There were too many failed attempts a moment ago.",
                          "Wait as long as Retry-After says, and try again.");
  response.set_field("Retry-After",
                     std::to_string(std::chrono::ceil<std::chrono::seconds>(wait).count()));
  return response;
}

Response sign_in_failed() {
  return problem(401, problem_type::sign_in_failed, "The name or the password is not right.",
                 "Check both; an administrator can set a new password.");
}

}  // namespace mosaic
