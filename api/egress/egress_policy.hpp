// Whether an agent may ask a host at all, before anybody looks the host up. What its addresses are is judged after that
// (http/outbound_guard.hpp); nothing here makes up for it.
//
// Plain values and pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "http/outbound_guard.hpp"
#include "model/agent.hpp"
#include "model/fleet_settings.hpp"
#include "model/host_pattern.hpp"

namespace mosaic {

// Of one agent.
struct EgressRules {
  EgressAccess access = EgressAccess::providers;
  std::vector<OutboundUrl> providers;
  std::vector<HostPattern> hosts;
};

// Providers whose row is of no use are left out.
EgressRules egress_rules_of(ResourceKind kind, const EgressSettings& settings,
                            const std::vector<ProviderRow>& providers);

enum class EgressVerdict : std::uint8_t {
  allowed,
  allowed_as_provider,  // also at the private addresses that an admin allows providers
  no_provider,
  not_listed,
};

EgressVerdict judge_target(const OutboundUrl& target, const EgressRules& rules);

// What became of one request: a word of the metric's label "result".
enum class EgressOutcome : std::uint8_t {
  allowed,
  malformed,
  credential,  // none, or a wrong one
  policy,      // the host is not for this agent
  address,     // the host has an address that nobody may ask
  unresolved,
  unreachable,
  overloaded,
  unavailable,  // the database did not say
};
inline constexpr std::size_t egress_outcomes = 9;

std::string_view to_string(EgressOutcome outcome);

}  // namespace mosaic
