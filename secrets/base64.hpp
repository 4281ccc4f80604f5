// Base64 with the standard alphabet and padding (RFC 4648, section 4). Stateless; safe from any
// thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mosaic {

std::string base64_encode(std::span<const std::uint8_t> bytes);

// Accepts only what an encoder can produce: complete groups, correct padding, unused bits zero, no
// white space. So every text has at most one spelling, and a changed character is always noticed.
// Nothing for anything else.
std::optional<std::vector<std::uint8_t>> base64_decode(std::string_view text);

}  // namespace mosaic
