#include "runtime/docker/subnet_range.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace mosaic {
namespace {

std::string dotted(std::uint32_t address) {
  const in_addr network{htonl(address)};
  char text[INET_ADDRSTRLEN];
  return ::inet_ntop(AF_INET, &network, text, sizeof text);
}

std::uint32_t mask(int prefix) { return prefix == 0 ? 0 : ~std::uint32_t{0} << (32 - prefix); }

}  // namespace

std::optional<Subnet> parse_subnet(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const std::string_view digits = text.substr(slash + 1);
  int prefix = -1;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), prefix);
  if (error != std::errc() || end != digits.data() + digits.size() || prefix < 0 || prefix > 32)
    return std::nullopt;
  in_addr address{};
  if (::inet_pton(AF_INET, std::string(text.substr(0, slash)).c_str(), &address) != 1)
    return std::nullopt;
  return Subnet{ntohl(address.s_addr) & mask(prefix), prefix};
}

std::string to_string(const Subnet& subnet) {
  return dotted(subnet.address) + "/" + std::to_string(subnet.prefix);
}

std::string gateway_address(const Subnet& subnet) { return dotted(subnet.address + 1); }

SubnetRange::SubnetRange(const std::string& range, int prefix) : prefix_(prefix), count_(0) {
  const std::optional<Subnet> parsed = parse_subnet(range);
  if (!parsed || parsed->prefix < 8) {
    throw std::invalid_argument("the agents' subnet range \"" + range +
                                "\" is no IPv4 range of /8 or smaller, such as 10.213.0.0/16");
  }
  if (prefix < 16 || prefix > 30 || prefix < parsed->prefix) {
    throw std::invalid_argument(
        "networks of /" + std::to_string(prefix) + " cannot be cut out of " + range +
        ": the size must be between /16 and /30 and not larger than the range");
  }
  range_ = *parsed;
  count_ = std::size_t{1} << (prefix - range_.prefix);
}

Subnet SubnetRange::at(std::size_t index) const {
  return Subnet{range_.address + static_cast<std::uint32_t>(index << (32 - prefix_)), prefix_};
}

std::optional<std::size_t> SubnetRange::lowest_free(const std::vector<Subnet>& taken) const {
  std::vector<bool> used(count_);
  for (const Subnet& other : taken) {
    if (!range_.overlaps(other)) continue;
    const std::uint64_t first = std::max(other.address, range_.address) - range_.address;
    const std::uint64_t last =
        std::min(other.address + other.size(), range_.address + range_.size()) - 1 - range_.address;
    for (std::uint64_t index = first >> (32 - prefix_); index <= last >> (32 - prefix_); ++index)
      used[index] = true;
  }
  const auto free = std::find(used.begin(), used.end(), false);
  if (free == used.end()) return std::nullopt;
  return static_cast<std::size_t>(free - used.begin());
}

std::string SubnetRange::describe() const {
  return to_string(range_) + " in pieces of /" + std::to_string(prefix_) + " (" +
         std::to_string(count_) + " networks)";
}

}  // namespace mosaic
