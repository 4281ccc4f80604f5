// URLs that somebody else chose. First line: the URL; second: words of a policy (see policy_from); the rest: addresses, each a line
// of text, or of 16 bytes as they are. What is taken means one host to every reader, and no address of a refused range is
// ever allowed.
#include "http/outbound_guard.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>

#include "test/fuzz/fuzz.hpp"

namespace mosaic::test {
namespace {

OutboundPolicy policy_from(std::string_view words) {
  OutboundPolicy policy;
  while (!words.empty()) {
    const auto word = words.substr(0, words.find(' '));
    words.remove_prefix(std::min(word.size() + 1, words.size()));
    const auto value = word.substr(std::min(word.find('=') + 1, word.size()));
    if (word == "private") policy.private_addresses = true;
    if (word == "loopback") policy.loopback = true;
    if (word == "https") policy.https_only = true;
    const auto range = IpRange::parse(value);
    if (range && word.starts_with("allowed=")) policy.allowed.push_back(*range);
    if (range && word.starts_with("refused=")) policy.refused.push_back(*range);
    if (const auto own = IpAddress::parse(value); own && word.starts_with("own="))
      policy.own_addresses.push_back(*own);
    if (word == "ports") policy.own_ports = {8080, 443};
  }
  return policy;
}

std::string whole(const OutboundUrl& url) { return url.origin() + url.target; }

// Numbers that inet_aton and many resolvers take for an address: "0x7f.1", "017700000001", "2130706433".
void check_host(const OutboundUrl& url) {
  require(!url.host.empty() && url.host.find_first_of("@/\\?#%\r\n \t[]") == std::string::npos,
          "a host is a plain name or address");
  in_addr as_number{};
  if (url.host.find(':') != std::string::npos || ::inet_aton(url.host.c_str(), &as_number) == 0)
    return;
  const auto address = IpAddress::parse(url.host);
  require(address && address->text() == url.host, "an address has one spelling");
  require(std::equal(address->bytes().begin() + 12, address->bytes().end(),
                     reinterpret_cast<const std::uint8_t*>(&as_number)),
          "an address is the same to every reader");
}

void check_url(std::string_view text, const OutboundUrl& url) {
  check_host(url);
  require(url.target.starts_with('/') && std::all_of(url.target.begin(), url.target.end(),
                                                     [](char c) { return c > ' ' && c < 0x7f; }),
          "a target is one word, and a path");
  require(text.find('@') == std::string_view::npos || text.find('@') > text.find_first_of("/?", 8),
          "a URL has no user");
  const auto again = parse_outbound_url(whole(url));
  const auto* same = std::get_if<OutboundUrl>(&again);
  require(same != nullptr && whole(*same) == whole(url) && same->port == url.port &&
              same->host == url.host && same->https == url.https,
          "written again, a URL means the same");
}

std::uint32_t v4_of(const IpAddress::Bytes& bytes, std::size_t at) {
  return static_cast<std::uint32_t>(bytes[at]) << 24 |
         static_cast<std::uint32_t>(bytes[at + 1]) << 16 |
         static_cast<std::uint32_t>(bytes[at + 2]) << 8 | bytes[at + 3];
}

// Every IPv4 address that somebody on the way may send a packet for this address to.
std::vector<std::uint32_t> v4_within(const IpAddress::Bytes& bytes) {
  const auto zero = [&](std::size_t from, std::size_t to) {
    return std::all_of(bytes.begin() + static_cast<std::ptrdiff_t>(from),
                       bytes.begin() + static_cast<std::ptrdiff_t>(to),
                       [](std::uint8_t byte) { return byte == 0; });
  };
  if (zero(0, 10) && bytes[10] == 0xff && bytes[11] == 0xff) return {v4_of(bytes, 12)};
  const bool translated = bytes[0] == 0 && bytes[1] == 0x64 && bytes[2] == 0xff && bytes[3] == 0x9b;
  if (translated && zero(4, 12)) return {v4_of(bytes, 12)};
  // A network's own translator: the address behind 48, 56, 64 or 96 bits, around the byte that RFC 6052 keeps zero.
  if (translated && bytes[4] == 0 && bytes[5] == 1) {
    auto gathered = bytes;
    std::copy(bytes.begin() + 9, bytes.end(), gathered.begin() + 8);
    return {v4_of(gathered, 6), v4_of(gathered, 7), v4_of(gathered, 8), v4_of(bytes, 12)};
  }
  if (bytes[0] == 0x20 && bytes[1] == 0x02) return {v4_of(bytes, 2)};
  if (bytes[0] == 0x20 && bytes[1] == 0x01 && bytes[2] == 0 && bytes[3] == 0)
    return {~v4_of(bytes, 12)};
  return {};
}

struct Range {
  std::uint32_t network;
  int bits;
};
bool within(std::uint32_t address, const Range& range) {
  return (address ^ range.network) >> (32 - range.bits) == 0;
}

// 0/8, link-local, documentation, protocol assignments, multicast and above; clouds' metadata.
constexpr std::array<Range, 8> never{{{0x00000000, 8},
                                      {0xa9fe0000, 16},
                                      {0xc0000200, 24},
                                      {0xc6336400, 24},
                                      {0xcb007100, 24},
                                      {0xe0000000, 3},
                                      {0x646464c8, 32},
                                      {0xa83f8110, 32}}};
constexpr std::array<Range, 5> somebodys{
    {{0x0a000000, 8}, {0xac100000, 12}, {0xc0a80000, 16}, {0x64400000, 10}, {0xc6120000, 15}}};
constexpr Range this_host{0x7f000000, 8};

template <std::size_t count>
bool within_any(std::uint32_t address, const std::array<Range, count>& ranges) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [&](const Range& range) { return within(address, range); });
}

bool listed(const std::vector<IpRange>& ranges, const IpAddress& address) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [&](const IpRange& range) { return range.contains(address); });
}

void check_allowed(const IpAddress& address, const OutboundUrl& url, const OutboundPolicy& policy) {
  const auto& bytes = address.bytes();
  require(!listed(policy.refused, address) && !listed(policy.refused, address.effective()),
          "an agent's network is never asked");
  const auto readings = v4_within(bytes);
  for (const auto v4 : readings) {
    if (readings.size() > 1 && v4 >> 8 == 0)
      continue;  // nobody's address: not the translator's reading
    require(!within_any(v4, never), "link-local, metadata and reserved are never asked");
    require(policy.loopback || !within(v4, this_host), "this host is not asked");
    const bool let = policy.private_addresses || listed(policy.allowed, address.effective());
    require(let || !within_any(v4, somebodys), "somebody's network is asked only when allowed");
  }
  const bool link_local = bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80;
  const bool multicast = bytes[0] == 0xff;
  const bool metadata =
      bytes[0] == 0xfd && bytes[1] == 0x00 && bytes[2] == 0x0e && bytes[3] == 0xc2;
  require(!link_local && !multicast && !metadata,
          "link-local, multicast and metadata are never asked");
  const bool own = std::find(policy.own_addresses.begin(), policy.own_addresses.end(), address) !=
                   policy.own_addresses.end();
  const bool own_port = std::find(policy.own_ports.begin(), policy.own_ports.end(), url.port) !=
                        policy.own_ports.end();
  require(!own || !own_port, "our own ports are never asked");
}

std::optional<IpAddress> address_from(std::string_view line) {
  IpAddress::Bytes bytes{};
  if (line.size() != bytes.size()) return IpAddress::parse(line);
  std::copy(line.begin(), line.end(), bytes.begin());
  return IpAddress(bytes);
}

}  // namespace

void try_input(std::string_view input) {
  const auto text = take_line(input);
  const auto policy = policy_from(take_line(input));
  const auto parsed = parse_outbound_url(text);
  OutboundUrl url;
  if (const auto* taken = std::get_if<OutboundUrl>(&parsed)) {
    url = *taken;
    check_url(text, url);
  }
  std::vector<IpAddress> addresses;
  bool all_allowed = true;
  while (!input.empty() && addresses.size() < 16) {
    const auto address = address_from(take_line(input));
    if (!address) continue;
    require(IpAddress::parse(address->text()) == *address, "an address is read as it is written");
    addresses.push_back(*address);
    const bool allowed = !refuse_address(*address, url, policy);
    if (allowed) check_allowed(*address, url, policy);
    all_allowed = all_allowed && allowed;
  }
  require(!refuse_addresses(addresses, url, policy) == (all_allowed && !addresses.empty()),
          "one address that is refused refuses the name");
}

}  // namespace mosaic::test
