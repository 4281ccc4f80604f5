#include "cli/addresses.hpp"

#include <arpa/inet.h>

#include <charconv>

#include "cli/failure.hpp"

namespace mosaic::cli {
namespace {

std::optional<int> parse_number(std::string_view text, int low, int high) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < low || value > high)
    return std::nullopt;
  return value;
}

bool is_ipv6(const std::string& text) {
  in6_addr address{};
  return inet_pton(AF_INET6, text.c_str(), &address) == 1;
}

std::string quoted(std::string_view text) { return "'" + std::string(text.substr(0, 100)) + "'"; }

}  // namespace

std::optional<std::uint32_t> parse_ipv4(std::string_view text) {
  in_addr address{};
  if (inet_pton(AF_INET, std::string(text).c_str(), &address) != 1) return std::nullopt;
  return ntohl(address.s_addr);
}

ListenAddress parse_listen_address(std::string_view text, std::string_view option, bool any_port) {
  const auto refuse = [&](std::string_view why) {
    return UsageError(std::string(option) + ": " + quoted(text) + " " + std::string(why) +
                      "; give ADDRESS:PORT such as 127.0.0.1:8080, or :8080 for every address");
  };
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) throw refuse("has no port");
  const auto port = parse_number(text.substr(colon + 1), any_port ? 0 : 1, 65535);
  if (!port) throw refuse("has no port from 1 to 65535");
  std::string host(text.substr(0, colon));
  if (host.empty()) host = "0.0.0.0";
  if (host == "localhost") host = "127.0.0.1";
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
    if (!is_ipv6(host)) throw refuse("is no address");
  } else if (!parse_ipv4(host)) {
    throw refuse("is no literal address");
  }
  return {host, static_cast<std::uint16_t>(*port)};
}

std::string to_string(const ListenAddress& address) {
  const bool ipv6 = address.host.find(':') != std::string::npos;
  return (ipv6 ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

std::uint32_t Subnet::mask() const {
  return prefix_length == 0 ? 0 : ~std::uint32_t{0} << (32 - prefix_length);
}

bool Subnet::contains(std::uint32_t address) const { return (address & mask()) == network; }

bool Subnet::overlaps(const Subnet& other) const {
  return contains(other.network) || other.contains(network);
}

std::optional<Subnet> parse_subnet(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto address = parse_ipv4(text.substr(0, slash));
  const auto length = parse_number(text.substr(slash + 1), 0, 32);
  if (!address || !length) return std::nullopt;
  const Subnet subnet{*address, *length};
  if ((*address & subnet.mask()) != *address) return std::nullopt;
  return subnet;
}

std::string to_string(const Subnet& subnet) {
  const std::uint32_t a = subnet.network;
  return std::to_string(a >> 24) + "." + std::to_string((a >> 16) & 255) + "." +
         std::to_string((a >> 8) & 255) + "." + std::to_string(a & 255) + "/" +
         std::to_string(subnet.prefix_length);
}

ListenAddress reached_from_here(const ListenAddress& listen) {
  if (listen.host == "0.0.0.0") return {"127.0.0.1", listen.port};
  if (listen.host == "::") return {"::1", listen.port};
  return listen;
}

std::string address_for_people(const ListenAddress& listen, std::uint16_t port) {
  return "http://" + to_string(reached_from_here({listen.host, port}));
}

}  // namespace mosaic::cli
