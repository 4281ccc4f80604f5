#include "api/trusted_proxies.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

namespace mosaic {
namespace {

bool any_contains(const std::vector<AddressRange>& ranges, std::string_view address) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [&](const AddressRange& range) { return range.contains(address); });
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") + 1 - first);
}

// "192.0.2.7", "2001:db8::7" or "[2001:db8::7]", the first and the last also with a port, as some proxies write them.
std::optional<std::string> address_in(std::string_view entry) {
  if (entry.starts_with('[')) {
    const auto bracket = entry.find(']');
    const auto rest = bracket == std::string_view::npos ? "?" : entry.substr(bracket + 1);
    if (!rest.empty() && rest.front() != ':') return std::nullopt;
    return canonical_address(entry.substr(1, bracket - 1));
  }
  const auto colon = entry.find(':');
  const bool with_port = colon != std::string_view::npos && colon == entry.rfind(':');
  return canonical_address(with_port ? entry.substr(0, colon) : entry);
}

// Takes the last entry off the list.
std::string_view take_last(std::string_view& list) {
  const auto comma = list.rfind(',');
  const auto entry = comma == std::string_view::npos ? list : list.substr(comma + 1);
  list = comma == std::string_view::npos ? std::string_view() : list.substr(0, comma);
  return trimmed(entry);
}

}  // namespace

TrustedProxies::TrustedProxies(std::vector<AddressRange> proxies, std::vector<AddressRange> never)
    : proxies_(std::move(proxies)), never_(std::move(never)) {}

bool TrustedProxies::include(std::string_view address) const {
  return any_contains(proxies_, address) && !any_contains(never_, address);
}

void TrustedProxies::look_behind(Request& request) const {
  request.forwarded_https = request.field("x-forwarded-proto") == "https";
  // Several fields are one list, in their order.
  for (auto field = request.fields.rbegin(); field != request.fields.rend(); ++field) {
    if (field->name != "x-forwarded-for") continue;
    std::string_view list = field->value;
    do {
      auto address = address_in(take_last(list));
      if (!address) return;
      request.peer_address = std::move(*address);
      if (!include(request.peer_address)) return;
    } while (!list.empty());
  }
}

}  // namespace mosaic
