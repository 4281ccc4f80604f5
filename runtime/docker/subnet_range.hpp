// IPv4 subnets: a range, the equal pieces that it is cut into, and which of them is free.
//
// Plain values and pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mosaic {

struct Subnet {
  std::uint32_t address = 0;  // of the network, host order
  int prefix = 32;

  std::uint64_t size() const { return std::uint64_t{1} << (32 - prefix); }
  bool overlaps(const Subnet& other) const {
    return address < other.address + other.size() && other.address < address + size();
  }
  bool operator==(const Subnet&) const = default;
};

// "10.213.0.0/16"; bits behind the prefix are dropped. Nothing for anything that is no IPv4 subnet.
std::optional<Subnet> parse_subnet(std::string_view text);
std::string to_string(const Subnet& subnet);
// "10.213.0.1": the first address, which the bridge itself takes.
std::string gateway_address(const Subnet& subnet);

class SubnetRange {
 public:
  // Throws std::invalid_argument with what to mend. `prefix` 16 to 30: an agent and the bridge need two addresses.
  SubnetRange(const std::string& range, int prefix);

  std::size_t count() const { return count_; }
  Subnet at(std::size_t index) const;
  // The lowest piece that overlaps none of `taken`.
  std::optional<std::size_t> lowest_free(const std::vector<Subnet>& taken) const;
  std::string describe() const;  // "10.213.0.0/16 in pieces of /29 (8192 networks)"

 private:
  Subnet range_;
  int prefix_;
  std::size_t count_;
};

}  // namespace mosaic
