// Which hosts an admin lets agents reach by name: "api.example.com", "*.example.com" (any name below it, not itself),
// "203.0.113.7", each with or without ":PORT". Without a port: 80 and 443.
//
// A plain value and pure functions. Letters are lower case.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mosaic {

struct HostPattern {
  std::string host;  // without "*."
  bool names_below = false;
  std::optional<std::uint16_t> port;

  bool matches(std::string_view lower_case_host, std::uint16_t asked_port) const;
  bool operator==(const HostPattern&) const = default;
};

// Nothing for anything else; "*" alone is what the access to the open internet is for.
std::optional<HostPattern> parse_host_pattern(std::string_view text);

// Patterns separated by single blanks; nothing when one is none.
std::optional<std::vector<HostPattern>> parse_host_patterns(std::string_view text);

}  // namespace mosaic
