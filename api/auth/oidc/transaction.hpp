// One sign-in at the identity provider, from its beginning to its return: what must be the same at both ends, kept by
// the browser in an encrypted cookie.
//
// Pure but for new ones. The cookie is the only copy: no row is written for sign-ins that nobody ends.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/clock.hpp"
#include "secrets/secret_box.hpp"

namespace mosaic::oidc {

inline constexpr std::string_view transaction_cookie = "mosaic-sign-in";
inline constexpr std::chrono::minutes transaction_lifetime{10};

struct Transaction {
  std::string issuer;
  std::string state;
  std::string nonce;
  std::string verifier;  // PKCE
  std::string redirect_uri;
  std::string next;
  TimePoint expires_at{};
};

Transaction begin_transaction(TimePoint now);
// BASE64URL(SHA-256(verifier)): PKCE's S256.
std::string challenge_of(const std::string& verifier);

std::string seal(const Transaction& transaction, const SecretBox& secrets);
// Nothing for what seal() did not write, and for what is past its time.
std::optional<Transaction> open(std::string_view cookie, const SecretBox& secrets, TimePoint now);

}  // namespace mosaic::oidc
