// Numeric IP addresses, ranges of them, and what an address is for.
//
// Plain values and pure functions. An IPv4 address has one spelling here however it arrived: mapped into IPv6,
// translated (NAT64), or tunnelled (6to4, Teredo) it is judged as the IPv4 address that a packet would end at.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mosaic {

class IpAddress {
 public:
  using Bytes = std::array<std::uint8_t, 16>;

  IpAddress() = default;
  // IPv4 as ::ffff:a.b.c.d.
  explicit IpAddress(const Bytes& bytes) : bytes_(bytes) {}

  // Dotted with four decimal numbers, or IPv6 without a zone; nothing for anything else.
  static std::optional<IpAddress> parse(std::string_view text);

  const Bytes& bytes() const { return bytes_; }
  bool is_v4() const;
  std::string text() const;  // "10.0.0.1", "fd00::1"

  // The IPv4 address inside a mapped, compatible, NAT64, 6to4 or Teredo address; else itself.
  IpAddress effective() const;

  bool operator==(const IpAddress&) const = default;

 private:
  Bytes bytes_{};
};

class IpRange {
 public:
  // "10.0.0.0/8", "fd00::/8" or one address; nothing when bits are set after the prefix.
  static std::optional<IpRange> parse(std::string_view text);
  bool contains(const IpAddress& address) const;

 private:
  IpRange(const IpAddress& network, int prefix_bits)
      : network_(network), prefix_bits_(prefix_bits) {}

  IpAddress network_;
  int prefix_bits_;  // of 128
};

enum class AddressUse : std::uint8_t {
  everywhere,      // routed in the Internet
  private_range,   // somebody's own network, carrier-grade NAT included
  loopback,        // this host
  link_local,      // this cable; clouds put their metadata there
  metadata,        // a cloud's metadata or agent address outside link-local
  nothing_usable,  // unspecified, multicast, broadcast, documentation, reserved
};

AddressUse use_of(const IpAddress& address);

}  // namespace mosaic
