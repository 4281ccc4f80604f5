#include "api/address_range.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <string>

namespace mosaic {
namespace {

constexpr int mapped_prefix_bits = 96;

bool is_mapped(const std::array<std::uint8_t, 16>& bytes) {
  constexpr std::array<std::uint8_t, 12> mapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  return std::equal(mapped.begin(), mapped.end(), bytes.begin());
}

bool bit_at(const std::array<std::uint8_t, 16>& bytes, int position) {
  return (bytes[static_cast<std::size_t>(position / 8)] >> (7 - position % 8) & 1) != 0;
}

}  // namespace

std::optional<AddressRange::Bytes> AddressRange::parse_address(std::string_view text, bool& is_v4) {
  const std::string terminated(text);
  Bytes bytes{};
  is_v4 = false;
  if (inet_pton(AF_INET6, terminated.c_str(), bytes.data()) == 1) return bytes;
  std::array<std::uint8_t, 4> v4{};
  if (inet_pton(AF_INET, terminated.c_str(), v4.data()) != 1) return std::nullopt;
  is_v4 = true;
  bytes[10] = bytes[11] = 0xff;
  for (std::size_t i = 0; i < v4.size(); ++i) bytes[12 + i] = v4[i];
  return bytes;
}

std::optional<AddressRange> AddressRange::parse(std::string_view text) {
  const auto slash = text.find('/');
  bool is_v4 = false;
  const auto network = parse_address(text.substr(0, slash), is_v4);
  if (!network) return std::nullopt;
  const int width = is_v4 ? 32 : 128;
  int bits = width;
  if (slash != std::string_view::npos) {
    const auto digits = text.substr(slash + 1);
    const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
    if (parsed.ec != std::errc() || parsed.ptr != digits.data() + digits.size() || bits < 0 ||
        bits > width) {
      return std::nullopt;
    }
  }
  const int prefix = is_v4 ? mapped_prefix_bits + bits : bits;
  for (int position = prefix; position < 128; ++position) {
    if (bit_at(*network, position)) return std::nullopt;
  }
  return AddressRange(*network, prefix);
}

bool AddressRange::contains(std::string_view address) const {
  bool is_v4 = false;
  const auto bytes = parse_address(address, is_v4);
  if (!bytes) return false;
  for (int position = 0; position < prefix_bits_; ++position) {
    if (bit_at(*bytes, position) != bit_at(network_, position)) return false;
  }
  return true;
}

bool AddressRange::is_everybody() const {
  return prefix_bits_ == 0 || (prefix_bits_ <= mapped_prefix_bits && contains("0.0.0.0"));
}

std::optional<std::string> canonical_address(std::string_view text) {
  bool is_v4 = false;
  const auto bytes = AddressRange::parse_address(text, is_v4);
  if (!bytes) return std::nullopt;
  std::array<char, INET6_ADDRSTRLEN> spelling{};
  const bool as_v4 = is_mapped(*bytes);
  const void* address = bytes->data() + (as_v4 ? mapped_prefix_bits / 8 : 0);
  return inet_ntop(as_v4 ? AF_INET : AF_INET6, address, spelling.data(), spelling.size());
}

}  // namespace mosaic
