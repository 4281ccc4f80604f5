#include "secrets/secret_box.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "secrets/base64.hpp"
#include "secrets/key_derivation.hpp"
#include "secrets/token.hpp"

namespace mosaic {
namespace {

constexpr std::string_view prefix = "enc:";
constexpr std::string_view salt = "mosaic.crypto.v1";
constexpr std::string_view encryption_info = "mosaic-db-secret-encryption";
constexpr std::string_view fingerprint_info = "mosaic-fingerprint-v1";
constexpr std::string_view key_check_text = "mosaic-key-check-v1";
constexpr std::string_view remedy =
    "set MOSAIC_SECRET_KEY to at least 32 characters, e.g. to the output of `openssl rand -hex "
    "32`, and keep it: "
    "what is stored can be read with the same key only";

std::size_t continuation_bytes(unsigned char lead) {
  if (lead < 0x80) return 0;
  if (lead >= 0xc2 && lead < 0xe0) return 1;
  if (lead >= 0xe0 && lead < 0xf0) return 2;
  if (lead >= 0xf0 && lead < 0xf5) return 3;
  return 4;  // no such lead byte
}

// The least code point that needs so many bytes; a smaller one would be an overlong spelling.
constexpr std::array<char32_t, 4> least_code_point{0, 0x80, 0x800, 0x10000};

// Length in UTF-16 units; nothing when the text is not UTF-8.
std::optional<std::size_t> utf16_length(std::string_view text) {
  std::size_t units = 0;
  for (std::size_t index = 0; index < text.size();) {
    const auto lead = static_cast<unsigned char>(text[index]);
    const std::size_t more = continuation_bytes(lead);
    if (more > 3 || text.size() - index <= more) return std::nullopt;
    char32_t code_point = more == 0 ? lead : lead & (0x3fU >> more);
    for (std::size_t offset = 1; offset <= more; ++offset) {
      const auto byte = static_cast<unsigned char>(text[index + offset]);
      if ((byte & 0xc0) != 0x80) return std::nullopt;
      code_point = code_point << 6 | (byte & 0x3fU);
    }
    const bool surrogate = code_point >= 0xd800 && code_point < 0xe000;
    if (code_point < least_code_point[more] || surrogate || code_point > 0x10ffff)
      return std::nullopt;
    units += code_point >= 0x10000 ? 2 : 1;
    index += more + 1;
  }
  return units;
}

void copy(const SecretBytes<32>& from, SecretBytes<32>& to) {
  std::copy(from.view().begin(), from.view().end(), to.mutable_view().begin());
}

void check_secret(std::string_view secret) {
  if (secret.empty()) throw SecretKeyError("MOSAIC_SECRET_KEY is missing: " + std::string(remedy));
  const auto length = utf16_length(secret);
  if (!length) throw SecretKeyError("MOSAIC_SECRET_KEY is not UTF-8 text: " + std::string(remedy));
  if (*length < SecretBox::min_secret_characters) {
    throw SecretKeyError("MOSAIC_SECRET_KEY is too short: " + std::string(remedy));
  }
}

}  // namespace

SecretBox::Key::Key(std::string_view secret) {
  check_secret(secret);
  hkdf_sha256(secret, salt, encryption_info, encryption.mutable_view());
  hkdf_sha256(secret, salt, fingerprint_info, fingerprint.mutable_view());
}

// Nothing when it was changed, or encrypted under another key. Throws DecryptError for what no key
// wrote.
std::optional<std::string> SecretBox::Key::read(std::string_view stored) const {
  if (!is_encrypted(stored)) throw DecryptError("the stored value is not encrypted");
  const auto payload = base64_decode(stored.substr(prefix.size()));
  if (!payload || payload->size() < aes_gcm::iv_bytes + aes_gcm::tag_bytes) {
    throw DecryptError(
        "the stored value is damaged: it is not an IV, a ciphertext and a tag in base64");
  }
  const std::span<const std::uint8_t> bytes(*payload);
  return aes_gcm::open(encryption.view(), bytes.first<aes_gcm::iv_bytes>(),
                       bytes.subspan(aes_gcm::iv_bytes));
}

bool SecretBox::Key::proves(std::string_view key_check) const {
  try {
    const auto text = read(key_check);
    return text && constant_time_equal(*text, key_check_text);
  } catch (const DecryptError&) {
    return false;
  }
}

SecretBox::SecretBox(std::string_view secret, std::string_view previous) : secret_(secret) {
  if (!previous.empty()) previous_.emplace(previous);
  copy(secret_.fingerprint, fingerprint_key_);
}

bool SecretBox::has_key_of(std::string_view key_check) const {
  return secret_.proves(key_check) || (previous_ && previous_->proves(key_check));
}

bool SecretBox::knows(const StoredKeys& stored) const {
  return (!stored.check || has_key_of(*stored.check)) &&
         (!stored.next_check || has_key_of(*stored.next_check));
}

void SecretBox::open(const StoredKeys& stored) {
  if (!knows(stored)) throw DecryptError("the database was written with another MOSAIC_SECRET_KEY");
  follow(stored);
  if (!stored.fingerprint_key) {
    // Before the first rotation begins both follow from the key in force.
    const bool previous = stored.check && !secret_.proves(*stored.check);
    copy(previous ? previous_->fingerprint : secret_.fingerprint, fingerprint_key_);
    return;
  }
  const auto key = base64_decode(decrypt(*stored.fingerprint_key));
  if (!key || key->size() != fingerprint_key_.view().size())
    throw DecryptError("the stored key of fingerprints is damaged");
  std::copy(key->begin(), key->end(), fingerprint_key_.mutable_view().begin());
}

void SecretBox::follow(const StoredKeys& stored) {
  const auto& check = stored.written_with();
  if (!previous_ || !check) return;
  if (secret_.proves(*check)) {
    writes_with_previous_ = false;
  } else if (previous_->proves(*check)) {
    writes_with_previous_ = true;
  }
}

std::string SecretBox::fingerprint_key_under(const SecretBox& other) const {
  return other.encrypt(base64_encode(fingerprint_key_.view()));
}

std::string SecretBox::encrypt(std::string_view plaintext) const {
  std::array<std::uint8_t, aes_gcm::iv_bytes> iv{};
  fill_random(iv);
  const auto sealed = aes_gcm::seal(writing().encryption.view(), iv, plaintext);
  std::vector<std::uint8_t> payload(iv.begin(), iv.end());
  payload.insert(payload.end(), sealed.begin(), sealed.end());
  return std::string(prefix) + base64_encode(payload);
}

std::string SecretBox::decrypt(std::string_view stored) const {
  auto plaintext = secret_.read(stored);
  if (!plaintext && previous_) plaintext = previous_->read(stored);
  if (!plaintext) {
    throw DecryptError(
        "the stored value was changed, or was encrypted under another MOSAIC_SECRET_KEY");
  }
  return std::move(*plaintext);
}

std::string SecretBox::fingerprint(std::string_view text) const {
  return hmac_sha256_hex(fingerprint_key_.view(), text);
}

std::string SecretBox::key_check_value() const { return encrypt(key_check_text); }

bool SecretBox::matches_key_check(std::string_view stored) const { return has_key_of(stored); }

}  // namespace mosaic
