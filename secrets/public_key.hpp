// Public keys of others, and whether a signature is theirs: RS256 and ES256, as identity providers sign with.
//
// OpenSSL, and no JOSE library: of JOSE only the check of two kinds of signatures is needed, which is a few calls here,
// while a library brings encryption and key agreement that would have to be kept unreachable.
//
// Immutable; copies share one key; safe from any thread. Numbers are big-endian bytes.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct evp_pkey_st;

namespace mosaic {

class PublicKey {
 public:
  enum class Kind { rsa, p256 };

  // 2048 to 8192 bits; nothing for anything else.
  static std::optional<PublicKey> rsa(std::string_view modulus, std::string_view exponent);
  // A point on the curve P-256, 32 bytes each; nothing for anything else.
  static std::optional<PublicKey> p256(std::string_view x, std::string_view y);

  Kind kind() const { return kind_; }

  // RSASSA-PKCS1-v1_5 with SHA-256 for an RSA key; ECDSA with SHA-256 for a P-256 key, the signature being r and s of 32
  // bytes each.
  bool verifies(std::string_view text, std::string_view signature) const;

 private:
  PublicKey(Kind kind, std::shared_ptr<evp_pkey_st> key) : kind_(kind), key_(std::move(key)) {}

  Kind kind_;
  std::shared_ptr<evp_pkey_st> key_;
};

}  // namespace mosaic
