#include "http/ip_address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>
#include <span>
#include <vector>

namespace mosaic {
namespace {

using Bytes = IpAddress::Bytes;

constexpr std::array<std::uint8_t, 12> mapped_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

IpAddress from_v4(std::span<const std::uint8_t, 4> v4) {
  Bytes bytes{};
  std::copy(mapped_prefix.begin(), mapped_prefix.end(), bytes.begin());
  std::copy(v4.begin(), v4.end(), bytes.begin() + 12);
  return IpAddress(bytes);
}

bool starts_with(const Bytes& bytes, std::initializer_list<std::uint8_t> prefix) {
  return std::equal(prefix.begin(), prefix.end(), bytes.begin());
}

bool all_zero(std::span<const std::uint8_t> bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0; });
}

struct KnownRange {
  const char* range;
  AddressUse use;
};

// The first that fits decides. IANA's special-purpose registries, and where clouds answer instances.
constexpr KnownRange known_ranges[] = {
    {"100.100.100.200", AddressUse::metadata},  // Alibaba
    {"168.63.129.16", AddressUse::metadata},    // Azure's agent
    {"192.0.0.192", AddressUse::metadata},      // Oracle
    {"fd00:ec2::/32", AddressUse::metadata},    // AWS
    {"fd20:ce::254", AddressUse::metadata},     // Google
    {"169.254.0.0/16", AddressUse::link_local},      {"fe80::/10", AddressUse::link_local},
    {"127.0.0.0/8", AddressUse::loopback},           {"::1", AddressUse::loopback},
    {"10.0.0.0/8", AddressUse::private_range},       {"172.16.0.0/12", AddressUse::private_range},
    {"192.168.0.0/16", AddressUse::private_range},   {"100.64.0.0/10", AddressUse::private_range},
    {"198.18.0.0/15", AddressUse::private_range},    {"fc00::/7", AddressUse::private_range},
    {"fec0::/10", AddressUse::private_range},        {"0.0.0.0/8", AddressUse::nothing_usable},
    {"192.0.0.0/24", AddressUse::nothing_usable},    {"192.0.2.0/24", AddressUse::nothing_usable},
    {"198.51.100.0/24", AddressUse::nothing_usable}, {"203.0.113.0/24", AddressUse::nothing_usable},
    {"224.0.0.0/3", AddressUse::nothing_usable},  // multicast, reserved, broadcast
    {"::ffff:0:0/96", AddressUse::everywhere},    // every other IPv4 address
    {"2001:db8::/32", AddressUse::nothing_usable},   {"2000::/3", AddressUse::everywhere},
};

struct ParsedRange {
  IpRange range;
  AddressUse use;
};

}  // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  if (text.find('\0') != std::string_view::npos) return std::nullopt;
  const std::string terminated(text);
  in_addr v4{};
  if (::inet_pton(AF_INET, terminated.c_str(), &v4) == 1) {
    std::array<std::uint8_t, 4> bytes{};
    std::copy_n(reinterpret_cast<const std::uint8_t*>(&v4), 4, bytes.begin());
    return from_v4(bytes);
  }
  in6_addr v6{};
  if (::inet_pton(AF_INET6, terminated.c_str(), &v6) != 1) return std::nullopt;
  Bytes bytes{};
  std::copy_n(v6.s6_addr, 16, bytes.begin());
  return IpAddress(bytes);
}

bool IpAddress::is_v4() const {
  return std::equal(mapped_prefix.begin(), mapped_prefix.end(), bytes_.begin());
}

std::string IpAddress::text() const {
  char text[INET6_ADDRSTRLEN] = {};
  if (is_v4()) {
    ::inet_ntop(AF_INET, bytes_.data() + 12, text, sizeof text);
  } else {
    ::inet_ntop(AF_INET6, bytes_.data(), text, sizeof text);
  }
  return text;
}

IpAddress IpAddress::effective() const {
  const std::span<const std::uint8_t, 16> all(bytes_);
  const bool compatible = all_zero(all.first(12)) && !all_zero(all.subspan(12, 3));
  const bool nat64 = starts_with(bytes_, {0, 0x64, 0xff, 0x9b}) && all_zero(all.subspan(4, 8));
  // A network's own translator may put the IPv4 address elsewhere within this prefix (RFC 6052); only with nothing there
  // can it be but at the end.
  const bool local_nat64 =
      starts_with(bytes_, {0, 0x64, 0xff, 0x9b, 0, 1}) && all_zero(all.subspan(6, 6));
  if (compatible || nat64 || local_nat64) return from_v4(all.last<4>());
  if (starts_with(bytes_, {0x20, 0x02})) return from_v4(all.subspan<2, 4>());
  if (starts_with(bytes_, {0x20, 0x01, 0, 0})) {
    std::array<std::uint8_t, 4> client{};
    for (std::size_t i = 0; i < 4; ++i) client[i] = static_cast<std::uint8_t>(~bytes_[12 + i]);
    return from_v4(client);
  }
  return *this;
}

std::optional<IpRange> IpRange::parse(std::string_view text) {
  const auto slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) return std::nullopt;
  const bool dotted = text.substr(0, slash).find(':') == std::string_view::npos;
  int bits = dotted ? 32 : 128;
  if (slash != std::string_view::npos) {
    const auto digits = text.substr(slash + 1);
    const int most = bits;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
    if (digits.empty() || error != std::errc() || end != digits.data() + digits.size() ||
        bits < 0 || bits > most)
      return std::nullopt;
  }
  const int prefix = dotted ? bits + 96 : bits;
  for (int bit = prefix; bit < 128; ++bit) {
    const auto byte = address->bytes()[static_cast<std::size_t>(bit / 8)];
    if ((byte >> (7 - bit % 8)) & 1) return std::nullopt;
  }
  return IpRange(*address, prefix);
}

bool IpRange::contains(const IpAddress& address) const {
  const auto whole = static_cast<std::size_t>(prefix_bits_ / 8);
  const auto& network = network_.bytes();
  if (!std::equal(network.begin(), network.begin() + whole, address.bytes().begin())) return false;
  const int rest = prefix_bits_ % 8;
  if (rest == 0) return true;
  return ((network[whole] ^ address.bytes()[whole]) >> (8 - rest)) == 0;
}

namespace {

const std::vector<ParsedRange>& parsed_ranges() {
  static const std::vector<ParsedRange> ranges = [] {
    std::vector<ParsedRange> parsed;
    for (const auto& [text, use] : known_ranges) {
      if (const auto range = IpRange::parse(text)) parsed.push_back({*range, use});
    }
    return parsed;
  }();
  return ranges;
}

}  // namespace

AddressUse use_of(const IpAddress& address) {
  const IpAddress effective = address.effective();
  for (const auto& [range, use] : parsed_ranges()) {
    if (range.contains(effective)) return use;
  }
  return AddressUse::nothing_usable;
}

}  // namespace mosaic
