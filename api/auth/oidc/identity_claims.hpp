// What an ID token says, and whether it says it to us, now, about this very sign-in.
//
// Pure functions; nothing throws. The claims are believed only once the signature was found right.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "model/clock.hpp"

namespace mosaic::oidc {

inline constexpr std::chrono::seconds clock_skew{60};

struct Expected {
  std::string issuer;
  std::string client_id;
  std::string nonce;
  std::string role_claim;  // "roles", or a path into objects: "realm_access.roles"
  TimePoint now{};
};

struct Identity {
  std::string subject;
  std::string name;   // to show: 256 bytes at most, one line
  std::string email;  // likewise; identifies nobody
  std::vector<std::string> roles;
};

// Why a token is not taken: one sentence for the log, made of nothing that the token says.
struct Distrust {
  std::string reason;
};

std::variant<Identity, Distrust> read_identity(std::string_view claims, const Expected& expected);

}  // namespace mosaic::oidc
