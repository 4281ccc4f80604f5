// JSON Web Tokens and key sets as an identity provider sends them: read, and the signature checked.
//
// Pure functions over hostile input; nothing throws. Of a token's header only the algorithm and the key's id count: keys
// come from the issuer's own key set, never from where a token points (jku, x5u, jwk, x5c), and a header that demands
// more (crit) is refused.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "secrets/public_key.hpp"

namespace mosaic::oidc {

inline constexpr std::size_t max_token_bytes = 64 * 1024;
inline constexpr std::size_t max_keys = 64;

struct Key {
  std::string id;  // empty: it has none
  PublicKey key;
};

using KeySet = std::vector<Key>;

// Nothing when this is no key set; keys that are not for RS256 or ES256 signatures are left out.
std::optional<KeySet> parse_key_set(std::string_view json);

struct SignedToken {
  std::string algorithm;  // RS256 or ES256
  std::string key_id;     // empty: it names none
  std::string signed_text;
  std::string signature;
  std::string claims;  // JSON, not yet to be believed
};

// Nothing for anything but three parts, a plain header, and one of the two algorithms.
std::optional<SignedToken> parse_token(std::string_view compact);

enum class SignatureCheck : std::uint8_t {
  right,
  wrong,
  unknown_key,  // none of the set is meant: it may be a new one
};

SignatureCheck check_signature(const SignedToken& token, const KeySet& keys);

}  // namespace mosaic::oidc
