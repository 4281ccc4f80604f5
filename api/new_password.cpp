#include "api/new_password.hpp"

#include "secrets/password.hpp"

namespace mosaic {

std::string read_new_password(JsonBody& body) {
  // bcrypt reads no more than 72 bytes; cutting one short would make two passwords good for one account.
  return body.required_text("password", {12, PasswordHasher::max_password_bytes, false});
}

}  // namespace mosaic
