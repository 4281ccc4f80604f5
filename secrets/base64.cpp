#include "secrets/base64.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace mosaic {
namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t invalid = 0xff;

constexpr std::array<std::uint8_t, 256> make_reverse_alphabet() {
  std::array<std::uint8_t, 256> reverse{};
  reverse.fill(invalid);
  for (std::size_t index = 0; index < alphabet.size(); ++index) {
    reverse[static_cast<unsigned char>(alphabet[index])] = static_cast<std::uint8_t>(index);
  }
  return reverse;
}

constexpr auto reverse_alphabet = make_reverse_alphabet();

std::size_t padding_of(std::string_view text) {
  if (text.ends_with("==")) return 2;
  return text.ends_with('=') ? 1 : 0;
}

}  // namespace

std::string base64_encode(std::span<const std::uint8_t> bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t start = 0; start < bytes.size(); start += 3) {
    const std::size_t have = std::min<std::size_t>(3, bytes.size() - start);
    std::uint32_t group = static_cast<std::uint32_t>(bytes[start]) << 16;
    if (have > 1) group |= static_cast<std::uint32_t>(bytes[start + 1]) << 8;
    if (have > 2) group |= bytes[start + 2];
    text.push_back(alphabet[group >> 18 & 63]);
    text.push_back(alphabet[group >> 12 & 63]);
    text.push_back(have > 1 ? alphabet[group >> 6 & 63] : '=');
    text.push_back(have > 2 ? alphabet[group & 63] : '=');
  }
  return text;
}

std::optional<std::vector<std::uint8_t>> base64_decode(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  const std::size_t padding = padding_of(text);
  const std::string_view digits = text.substr(0, text.size() - padding);

  std::vector<std::uint8_t> bytes;
  bytes.reserve(text.size() / 4 * 3);
  std::uint32_t pending = 0;
  unsigned pending_bits = 0;
  for (const char digit : digits) {
    const std::uint8_t value = reverse_alphabet[static_cast<unsigned char>(digit)];
    if (value == invalid) return std::nullopt;
    pending = pending << 6 | value;
    pending_bits += 6;
    if (pending_bits >= 8) {
      pending_bits -= 8;
      bytes.push_back(static_cast<std::uint8_t>(pending >> pending_bits));
      pending &= (1U << pending_bits) - 1;
    }
  }
  // Bits left over from the last group belong to no byte; an encoder leaves them zero.
  if (pending != 0) return std::nullopt;
  return bytes;
}

}  // namespace mosaic
