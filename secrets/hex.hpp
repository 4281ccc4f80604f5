// Lower-case hexadecimal. Stateless; safe from any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace mosaic {

inline std::string hex_encode(std::span<const std::uint8_t> bytes) {
  constexpr char digits[] = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const std::uint8_t byte : bytes) {
    text.push_back(digits[byte >> 4]);
    text.push_back(digits[byte & 15]);
  }
  return text;
}

}  // namespace mosaic
