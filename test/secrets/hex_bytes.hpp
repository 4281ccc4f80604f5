// Test vectors are written in hex.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mosaic {

inline std::vector<std::uint8_t> from_hex(std::string_view text) {
  std::vector<std::uint8_t> bytes;
  for (std::size_t index = 0; index + 1 < text.size(); index += 2) {
    bytes.push_back(
        static_cast<std::uint8_t>(std::stoi(std::string(text.substr(index, 2)), nullptr, 16)));
  }
  return bytes;
}

inline std::string text_from_hex(std::string_view text) {
  const auto bytes = from_hex(text);
  return {bytes.begin(), bytes.end()};
}

template <std::size_t Size>
std::array<std::uint8_t, Size> array_from_hex(std::string_view text) {
  const auto bytes = from_hex(text);
  std::array<std::uint8_t, Size> array{};
  std::copy_n(bytes.begin(), std::min(Size, bytes.size()), array.begin());
  return array;
}

}  // namespace mosaic
