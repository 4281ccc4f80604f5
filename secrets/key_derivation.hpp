// Keys from secrets and fingerprints under keys: HKDF (RFC 5869) and HMAC, both over SHA-256.
// Stateless; safe from any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace mosaic {

// Fills `derived` (at most 8160 bytes) from the secret. The same inputs always give the same bytes.
void hkdf_sha256(std::string_view secret, std::string_view salt, std::string_view info,
                 std::span<std::uint8_t> derived);

// Lower-case hex.
std::string hmac_sha256_hex(std::span<const std::uint8_t> key, std::string_view text);

}  // namespace mosaic
