// Decides on one request of an agent: who asks, whether the host is for them, and at which of its addresses it is asked.
// The connection is then made to one of these very addresses, so that a name cannot mean another thing a moment later.
//
// Rows and settings are read for every request: what an admin changes holds for the next one. judge() and still_allows()
// may be called from any thread, and block: for the database, and judge() for the name's look-up as well.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/agent_tokens.hpp"
#include "api/egress/egress_policy.hpp"
#include "api/egress/egress_request.hpp"
#include "api/egress/target_addresses.hpp"
#include "secrets/secret_box.hpp"
#include "store/settings_store.hpp"
#include "store/store.hpp"
#include "telemetry/log.hpp"

namespace mosaic {

struct EgressJudgement {
  EgressOutcome outcome = EgressOutcome::unavailable;
  std::string reason;  // one sentence for whoever asked, when it is not allowed
  std::vector<IpAddress> addresses;
  bool ours = false;  // allowed, and answered in place
};

// Both ends of an agent's connection to the proxy, as addresses.
struct EgressEnds {
  std::string peer;
  std::string own;
};

struct EgressDeskNeeds {
  AgentReader& agents;
  SettingsStore& settings;
  const SecretBox& secrets;
  OutboundPolicy policy;  // what no agent is led to
  LookUp look_up;
  Logger log;
  // Of the agents' own listener, which answers them without the proxy, too. OpenClaw asks everything through the proxy, so a
  // tunnel to the very address at which the agent has reached the proxy ends here. 0: there is no such listener.
  std::uint16_t agents_port = 0;
};

class EgressDesk {
 public:
  explicit EgressDesk(EgressDeskNeeds needs);

  EgressJudgement judge(const EgressRequest& request, const EgressEnds& ends) const;
  // The same for a tunnel that is open, without looking its host up again. An agent keeps what it has while the database
  // does not answer.
  bool still_allows(const EgressRequest& request, const EgressEnds& ends) const;

 private:
  struct Standing {
    EgressOutcome outcome = EgressOutcome::credential;
    bool as_provider = false;
    bool ours = false;  // the agents' listener, at the agent's own end
    std::string provider_ranges;
  };

  std::optional<AgentRow> authenticate(const EgressRequest& request, std::string_view peer) const;
  Standing standing_of(const EgressRequest& request, const EgressEnds& ends) const;

  AgentReader& agents_;
  SettingsStore& settings_;
  const TargetAddresses addresses_;
  const Logger log_;
  const std::uint16_t agents_port_;
  const AgentTokens tokens_;
};

}  // namespace mosaic
