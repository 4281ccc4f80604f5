// Encryption of what is kept in the database: provider keys and gateway tokens.
//
// The stored text is "enc:" + base64(IV of 12 bytes | ciphertext | tag of 16 bytes), AES-256-GCM
// under a key that HKDF-SHA256 derives from MOSAIC_SECRET_KEY (salt "mosaic.crypto.v1", info
// "mosaic-db-secret-encryption"). Existing databases hold this format, so every byte of it is
// fixed.
//
// Thread-safe: all members are const after construction. No message of any error contains the
// secret, a plaintext or a ciphertext. Key material is wiped on destruction.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "secrets/aes_gcm.hpp"
#include "secrets/secret_bytes.hpp"

namespace mosaic {

// MOSAIC_SECRET_KEY cannot be used; what() says what to do about it.
class SecretKeyError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// A stored value is not encrypted, was changed, or belongs to another MOSAIC_SECRET_KEY.
class DecryptError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class SecretBox {
 public:
  // Characters as JavaScript counts them (UTF-16 units), which is how existing installations were
  // checked.
  static constexpr std::size_t min_secret_characters = 32;

  // Throws SecretKeyError when the secret is missing, too short or not UTF-8. The secret is not
  // kept.
  explicit SecretBox(std::string_view secret);

  // A new text each time, as the IV is random. Empty plaintext is legal.
  std::string encrypt(std::string_view plaintext) const;

  // Throws DecryptError. Only the canonical spelling of base64 is accepted; writers of this format
  // produce no other.
  std::string decrypt(std::string_view stored) const;

  static bool is_encrypted(std::string_view stored) { return stored.starts_with("enc:"); }

  // Hex HMAC-SHA256 under a key of its own: equal texts have equal fingerprints, and whoever sees
  // one (it stands on container labels) cannot test guesses against it.
  std::string fingerprint(std::string_view text) const;

  // A text for the key-check row, and whether such a text was written under this very key. False
  // also for a text that is damaged.
  std::string key_check_value() const;
  bool matches_key_check(std::string_view stored) const;

 private:
  SecretBytes<aes_gcm::key_bytes> encryption_key_;
  SecretBytes<32> fingerprint_key_;
};

}  // namespace mosaic
