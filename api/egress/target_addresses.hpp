// At which addresses an agent's target may be asked: its name is looked up once, every address that it has is checked, and the
// connection is then made to one of these very addresses, so that a name cannot mean another thing a moment later.
//
// Safe from any thread; blocks for the look-up, some seconds at most.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "api/egress/egress_policy.hpp"
#include "http/outbound_guard.hpp"
#include "http/wait_limit.hpp"

namespace mosaic {

// As resolve_addresses() of http/socket.hpp, which it is but in tests.
using LookUp =
    std::function<std::vector<IpAddress>(const std::string& host, const WaitLimit& limit)>;

class TargetAddresses {
 public:
  struct Found {
    EgressOutcome outcome = EgressOutcome::allowed;  // or unresolved, or address
    std::string reason;                              // one sentence, when it is not allowed
    std::vector<IpAddress> addresses;
  };

  // `policy`: where no agent is led.
  TargetAddresses(OutboundPolicy policy, LookUp look_up)
      : policy_(std::move(policy)), look_up_(std::move(look_up)) {}

  // `private_ranges`: where private addresses are allowed for this target ("192.168.1.0/24 …").
  Found find(const OutboundUrl& target, const std::string& private_ranges) const;

 private:
  const OutboundPolicy policy_;
  const LookUp look_up_;
};

}  // namespace mosaic
