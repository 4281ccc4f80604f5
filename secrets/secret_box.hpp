// Encryption of what is kept in the database: provider keys and gateway tokens.
//
// The stored text is "enc:" + base64(IV of 12 bytes | ciphertext | tag of 16 bytes), AES-256-GCM
// under a key that HKDF-SHA256 derives from MOSAIC_SECRET_KEY (salt "mosaic.crypto.v1", info
// "mosaic-db-secret-encryption"). Existing databases hold this format, so every byte of it is
// fixed.
//
// While a key is replaced by another, a box has both: what either wrote can be read, and what the
// database says decides under which of them is written (StoredKeys). The key of fingerprints stays
// the same through all rotations.
//
// Thread-safe: but for open(), which comes before a box is shared, everything may be called from any
// thread. No message of any error contains the secret, a plaintext or a ciphertext. Key material is
// wiped on destruction.
#pragma once

#include <atomic>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "model/stored_keys.hpp"
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
  // kept. `previous` is the other key of a rotation; empty: there is none.
  explicit SecretBox(std::string_view secret, std::string_view previous = {});

  bool has_two_keys() const { return previous_.has_value(); }
  // Whether everything in a database that says this can be read.
  bool knows(const StoredKeys& stored) const;
  // Takes the database's key of fingerprints and writes with the key that it names. Throws
  // DecryptError when knows() is false, or the key of fingerprints is damaged.
  void open(const StoredKeys& stored);
  // Writes with the key that the database names from now on; no change when that key is not here.
  void follow(const StoredKeys& stored);
  // This box's key of fingerprints as another's: see StoredKeys.
  std::string fingerprint_key_under(const SecretBox& other) const;

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
  struct Key {
    explicit Key(std::string_view secret);
    std::optional<std::string> read(std::string_view stored) const;
    bool proves(std::string_view key_check) const;

    SecretBytes<aes_gcm::key_bytes> encryption;
    SecretBytes<32> fingerprint;
  };

  const Key& writing() const { return writes_with_previous_ ? *previous_ : secret_; }
  bool has_key_of(std::string_view key_check) const;

  Key secret_;
  std::optional<Key> previous_;
  SecretBytes<32> fingerprint_key_;
  std::atomic<bool> writes_with_previous_{false};
};

}  // namespace mosaic
