// The addresses that settings are made of, read strictly: what is not exactly one of these forms is
// refused with a sentence that shows a right one (UsageError).
//
// Pure functions on plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mosaic::cli {

// "127.0.0.1:8080", "[::1]:8080", ":8080" (every address). The host is a literal address, never a
// name. Port 0, any free one, where `any_port` allows it.
struct ListenAddress {
  std::string host;
  std::uint16_t port = 0;

  bool operator==(const ListenAddress&) const = default;
};
ListenAddress parse_listen_address(std::string_view text, std::string_view option,
                                   bool any_port = false);
std::string to_string(const ListenAddress& address);

// An IPv4 network, "10.213.0.0/16".
struct Subnet {
  std::uint32_t network = 0;  // in host order, host bits zero
  int prefix_length = 32;

  bool contains(std::uint32_t address) const;
  bool overlaps(const Subnet& other) const;
  std::uint32_t mask() const;

  bool operator==(const Subnet&) const = default;
};
// Nothing when it is not a network; host bits that are set make it none.
std::optional<Subnet> parse_subnet(std::string_view text);
std::optional<std::uint32_t> parse_ipv4(std::string_view text);
std::string to_string(const Subnet& subnet);

// Where to reach a listener from this machine: the loopback when it listens on all addresses.
ListenAddress reached_from_here(const ListenAddress& listen);
// Where a person on this machine reaches a listener: "http://127.0.0.1:8080" also when it listens on all addresses.
std::string address_for_people(const ListenAddress& listen, std::uint16_t port);

}  // namespace mosaic::cli
