// Lower-case hexadecimal. Stateless; safe from any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace mosaic {

inline std::string hex_encode(std::span<const std::uint8_t> bytes) {
  constexpr char digits[] = "0123456789abcdef";
  std::string text(bytes.size() * 2, '0');
  auto* at = text.data();
  for (const std::uint8_t byte : bytes) {
    *at++ = digits[byte >> 4];
    *at++ = digits[byte & 15];
  }
  return text;
}

}  // namespace mosaic
