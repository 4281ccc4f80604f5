#include "api/egress/target_addresses.hpp"

#include <sstream>
#include <utility>

#include "http/http_error.hpp"
#include "http/outbound_client.hpp"

namespace mosaic {
namespace {

constexpr std::chrono::seconds look_up_limit{5};

}  // namespace

TargetAddresses::Found TargetAddresses::find(const OutboundUrl& target,
                                             const std::string& private_ranges) const {
  auto policy = policy_;
  if (policy.this_host_refused) policy.own_addresses = addresses_of_this_host();  // as they are now
  std::istringstream ranges(private_ranges);
  for (std::string text; ranges >> text;) {
    if (const auto range = IpRange::parse(text)) policy.allowed.push_back(*range);
  }
  Found found;
  try {
    found.addresses = look_up_(target.host, WaitLimit::in(look_up_limit));
  } catch (const HttpError&) {
    found.addresses.clear();  // what the resolver said is nobody's business
  }
  if (found.addresses.empty()) {
    found.outcome = EgressOutcome::unresolved;
    found.reason = "That host has no address.";
  } else if (auto refused = refuse_addresses(found.addresses, target, policy)) {
    found.outcome = EgressOutcome::address;
    found.reason = std::move(refused->reason);
    found.addresses.clear();
  }
  return found;
}

}  // namespace mosaic
