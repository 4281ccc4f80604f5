// A range of IP addresses in CIDR notation, to tell agents from everybody else by where they call
// from.
//
// A plain value.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace mosaic {

class AddressRange {
 public:
  // "10.201.0.0/16", "fd00::/8", or a single address. Nothing for anything else, including host
  // bits that are set.
  static std::optional<AddressRange> parse(std::string_view text);

  // False for text that is no numeric address. An IPv4 address mapped into IPv6 counts as IPv4.
  bool contains(std::string_view address) const;

 private:
  using Bytes = std::array<std::uint8_t, 16>;
  AddressRange(const Bytes& network, int prefix_bits)
      : network_(network), prefix_bits_(prefix_bits) {}

  static std::optional<Bytes> parse_address(std::string_view text, bool& is_v4);

  Bytes network_;    // IPv4 as mapped addresses
  int prefix_bits_;  // of 128
};

}  // namespace mosaic
