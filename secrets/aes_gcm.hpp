// AES-256-GCM with a 12-byte IV, a 16-byte tag and no associated data. Stateless; safe from any
// thread.
//
// Opening yields plaintext only after the tag was found right; until then nothing leaves this file,
// and what was decrypted of a forged message is wiped.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mosaic::aes_gcm {

inline constexpr std::size_t key_bytes = 32;
inline constexpr std::size_t iv_bytes = 12;
inline constexpr std::size_t tag_bytes = 16;
// OpenSSL counts in int; no text of ours comes near.
inline constexpr std::size_t max_text_bytes = std::size_t{1} << 30;

using Key = std::span<const std::uint8_t, key_bytes>;
using Iv = std::span<const std::uint8_t, iv_bytes>;

// Ciphertext followed by the tag. An IV must never be used twice with one key.
std::vector<std::uint8_t> seal(Key key, Iv iv, std::string_view plaintext);

// The inverse of seal; nothing when the tag does not fit, or is not there.
std::optional<std::string> open(Key key, Iv iv, std::span<const std::uint8_t> ciphertext_and_tag);

}  // namespace mosaic::aes_gcm
