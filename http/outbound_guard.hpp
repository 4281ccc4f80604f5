// Where a request of ours may go when somebody else chose its URL: which URLs are taken at all, and which addresses
// may be connected to.
//
// Pure functions and plain values. A name is resolved once, every address that it has is checked, and the connection
// is made to one of these very addresses (outbound_client.hpp), so that a name cannot mean another thing a moment later.
// What a refusal says may be shown to whoever gave the URL: it names no address of ours.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "http/ip_address.hpp"

namespace mosaic {

struct OutboundUrl {
  bool https = true;
  std::string host;  // lower case; a name, or an address without brackets
  std::uint16_t port = 443;
  std::string target = "/";  // path and query, origin form

  std::string origin() const;  // "https://host", with the port when it is not the scheme's own
  std::string host_field() const;
};

// One sentence that says what would be right.
struct OutboundRefusal {
  std::string reason;
};

// A service, or all of a range.
struct OutboundPlace {
  IpRange range;
  std::optional<std::uint16_t> port;  // nothing: every port
};

struct OutboundPolicy {
  bool private_addresses = false;  // every private range (the setting is an admin's own)
  bool loopback = false;           // for tests and for an identity provider on this very host
  // Plain http only to loopback addresses, whatever the ranges say.
  bool https_only = false;
  std::vector<IpRange> allowed;           // private ranges that an admin allows
  std::vector<IpRange> refused;           // the agents' own subnets; stronger than all of the above
  std::vector<IpAddress> own_addresses;   // of this host …
  std::vector<std::uint16_t> own_ports;   // … on which these are never asked
  std::vector<OutboundPlace> own_places;  // services behind us: never asked either
  // What whoever runs this machine named: asked whatever the address is otherwise for.
  std::vector<OutboundPlace> named_places;
  bool this_host_refused = false;  // nothing else of this host's own addresses, on any port
};

// http and https only; no user info, no fragment, no blanks, no backslash; the host a plain DNS name, four decimal
// numbers, or a bracketed IPv6 address; a port that HTTP is served on.
std::variant<OutboundUrl, OutboundRefusal> parse_outbound_url(std::string_view text);

// Nothing when this address may be connected to.
std::optional<OutboundRefusal> refuse_address(const IpAddress& address, const OutboundUrl& url,
                                              const OutboundPolicy& policy);

// The same for all addresses of a name: one that is refused refuses the name.
std::optional<OutboundRefusal> refuse_addresses(const std::vector<IpAddress>& addresses,
                                                const OutboundUrl& url,
                                                const OutboundPolicy& policy);

}  // namespace mosaic
