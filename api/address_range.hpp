// A range of IP addresses in CIDR notation, to tell agents and proxies from everybody else by where they
// call from.
//
// Plain values.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mosaic {

class AddressRange {
 public:
  // "10.201.0.0/16", "fd00::/8", or a single address. Nothing for anything else, including host
  // bits that are set.
  static std::optional<AddressRange> parse(std::string_view text);

  // False for text that is no numeric address. An IPv4 address mapped into IPv6 counts as IPv4.
  bool contains(std::string_view address) const;

  // All of IPv4 or more, or all of IPv6.
  bool is_everybody() const;

 private:
  friend std::optional<std::string> canonical_address(std::string_view text);
  using Bytes = std::array<std::uint8_t, 16>;
  AddressRange(const Bytes& network, int prefix_bits)
      : network_(network), prefix_bits_(prefix_bits) {}

  static std::optional<Bytes> parse_address(std::string_view text, bool& is_v4);

  Bytes network_;    // IPv4 as mapped addresses
  int prefix_bits_;  // of 128
};

// A numeric address in the one spelling that all of its spellings share, an IPv4 address mapped into IPv6 as
// IPv4; nothing for anything else.
std::optional<std::string> canonical_address(std::string_view text);

}  // namespace mosaic
