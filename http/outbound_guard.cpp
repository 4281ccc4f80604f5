#include "http/outbound_guard.hpp"

#include <algorithm>
#include <charconv>

namespace mosaic {
namespace {

constexpr std::size_t max_url_bytes = 2048;
constexpr std::size_t max_host_bytes = 253;

OutboundRefusal refusal(std::string_view reason) { return OutboundRefusal{std::string(reason)}; }

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter_or_digit(char c) { return (c >= 'a' && c <= 'z') || is_digit(c); }

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

bool is_label(std::string_view label) {
  if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-')
    return false;
  return std::all_of(label.begin(), label.end(),
                     [](char c) { return is_letter_or_digit(c) || c == '-' || c == '_'; });
}

// Letters, digits, "-", "_" and "."; the last label with a letter that makes it no number, because "0x7f.1", "017700000001" and
// "2130706433" are addresses to some resolvers.
bool is_dns_name(std::string_view host) {
  if (host.empty() || host.size() > max_host_bytes) return false;
  std::string_view last;
  while (true) {
    const auto dot = host.find('.');
    last = host.substr(0, dot);
    if (!is_label(last)) return false;
    if (dot == std::string_view::npos) break;
    host.remove_prefix(dot + 1);
  }
  const bool hexadecimal = last.starts_with("0x");
  return !hexadecimal && !std::all_of(last.begin(), last.end(), is_digit);
}

std::optional<std::string> parse_host(std::string_view text) {
  if (text.starts_with('[')) {
    if (text.size() < 4 || !text.ends_with(']')) return std::nullopt;
    const auto inner = text.substr(1, text.size() - 2);
    if (inner.find(':') == std::string_view::npos) return std::nullopt;
    const auto address = IpAddress::parse(inner);
    return address ? std::optional(address->text()) : std::nullopt;
  }
  const auto host = lower(text);
  if (const auto address = IpAddress::parse(host); address && host.find(':') == std::string::npos)
    return address->text();
  return is_dns_name(host) ? std::optional(host) : std::nullopt;
}

// Ports below 1024 belong to services that are not HTTP, and these above it do as well: what listens there may act upon
// a request line that it does not understand.
bool is_http_port(std::uint16_t port) {
  constexpr std::uint16_t other_services[] = {
      1433, 1521, 2049,  2181,  2375,  2376,  2377,  2379,  2380,  3306,  3389, 4243,
      5432, 5433, 5672,  5984,  5985,  5986,  6379,  6443,  6666,  6667,  7000, 7946,
      9042, 9092, 10250, 10255, 10256, 11211, 15672, 26379, 27017, 27018, 50000};
  if (port == 80 || port == 443) return true;
  return port >= 1024 &&
         !std::binary_search(std::begin(other_services), std::end(other_services), port);
}

bool parse_port(std::string_view digits, std::uint16_t& port) {
  if (digits.empty() || digits.size() > 5) return false;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  return error == std::errc() && end == digits.data() + digits.size() && port != 0;
}

bool is_printable_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

bool contains(const std::vector<IpRange>& ranges, const IpAddress& address) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [&](const IpRange& range) { return range.contains(address); });
}

bool contains(const std::vector<OutboundPlace>& places, const IpAddress& address,
              std::uint16_t port) {
  return std::any_of(places.begin(), places.end(), [&](const OutboundPlace& place) {
    return place.range.contains(address) && place.port.value_or(port) == port;
  });
}

// Host and port; the scheme is known.
std::optional<OutboundRefusal> read_authority(std::string_view authority, OutboundUrl& url) {
  if (authority.find('@') != std::string_view::npos)
    return refusal("The URL must not contain a user name or password.");
  const auto bracket = authority.rfind(']');
  const auto colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  const auto host = parse_host(authority.substr(0, colon));
  if (!host) return refusal("The URL's host must be a DNS name or a plain IP address.");
  url.host = *host;
  url.port = url.https ? 443 : 80;
  if (colon != std::string_view::npos && !parse_port(authority.substr(colon + 1), url.port))
    return refusal("The URL's port must be a number from 1 to 65535.");
  if (!is_http_port(url.port)) {
    return refusal(
        "That port belongs to another service than HTTP; use 80, 443 or one above 1023.");
  }
  return std::nullopt;
}

}  // namespace

std::string OutboundUrl::host_field() const {
  const bool bracketed = host.find(':') != std::string::npos;
  std::string field = bracketed ? "[" + host + "]" : host;
  if (port != (https ? 443 : 80)) field += ":" + std::to_string(port);
  return field;
}

std::string OutboundUrl::origin() const { return (https ? "https://" : "http://") + host_field(); }

std::variant<OutboundUrl, OutboundRefusal> parse_outbound_url(std::string_view text) {
  if (text.empty() || text.size() > max_url_bytes || !is_printable_ascii(text))
    return refusal("The URL must be 1 to 2048 printable ASCII characters without blanks.");
  OutboundUrl url;
  const auto scheme_end = text.find("://");
  const auto scheme = lower(text.substr(0, scheme_end == std::string_view::npos ? 0 : scheme_end));
  if (scheme != "http" && scheme != "https")
    return refusal("The URL must begin with https:// or http://.");
  url.https = scheme == "https";
  auto rest = text.substr(scheme_end + 3);
  if (rest.find_first_of("\\#\"<>^`{|}") != std::string_view::npos)
    return refusal("The URL must have no fragment and no backslash, quotes or brackets.");
  const auto authority_end = rest.find_first_of("/?");
  if (auto refused = read_authority(rest.substr(0, authority_end), url)) return *refused;
  if (authority_end != std::string_view::npos) {
    url.target = std::string(rest.substr(authority_end));
    if (url.target.front() == '?') url.target.insert(0, "/");
  }
  return url;
}

std::optional<OutboundRefusal> refuse_address(const IpAddress& address, const OutboundUrl& url,
                                              const OutboundPolicy& policy) {
  const IpAddress effective = address.effective();
  const AddressUse use = use_of(effective);
  const auto is_own = [&](const IpAddress& own) { return own.effective() == effective; };
  const bool own_address =
      use == AddressUse::loopback ||
      std::any_of(policy.own_addresses.begin(), policy.own_addresses.end(), is_own);
  const bool own_port = std::find(policy.own_ports.begin(), policy.own_ports.end(), url.port) !=
                        policy.own_ports.end();
  if ((own_address && own_port) || contains(policy.own_places, effective, url.port))
    return refusal("That address and port are Mosaic's own; name the other service.");
  if (contains(policy.refused, effective) || contains(policy.refused, address))
    return refusal("That address is in the agents' own network, where nothing may be asked.");
  if (contains(policy.named_places, effective, url.port)) return std::nullopt;
  if (policy.this_host_refused && own_address)
    return refusal("That address is this host itself, which is never asked.");
  if (policy.https_only && !url.https && use != AddressUse::loopback)
    return refusal("Plain http is taken for this host only; use https.");
  switch (use) {
    case AddressUse::everywhere:
      return std::nullopt;
    case AddressUse::private_range:
      if (policy.private_addresses || contains(policy.allowed, effective)) return std::nullopt;
      return refusal("That address is in a private network; an admin can allow its range.");
    case AddressUse::loopback:
      if (policy.loopback) return std::nullopt;
      return refusal("That address is this host itself, which is never asked.");
    case AddressUse::link_local:
    case AddressUse::metadata:
      return refusal("That address is link-local or a cloud's metadata service, never asked.");
    case AddressUse::nothing_usable:
      break;
  }
  return refusal("That address is not one that a service can have.");
}

std::optional<OutboundRefusal> refuse_addresses(const std::vector<IpAddress>& addresses,
                                                const OutboundUrl& url,
                                                const OutboundPolicy& policy) {
  if (addresses.empty()) return refusal("The URL's host has no address.");
  for (const auto& address : addresses) {
    if (auto refused = refuse_address(address, url, policy)) return refused;
  }
  return std::nullopt;
}

}  // namespace mosaic
