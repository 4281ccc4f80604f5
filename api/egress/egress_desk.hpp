// Decides on one request of an agent: who asks, whether the host is for them, and at which of its addresses it is asked.
// The connection is then made to one of these very addresses, so that a name cannot mean another thing a moment later.
//
// Rows and settings are read for every request: what an admin changes holds for the next one. judge() and still_allows()
// may be called from any thread, and block: for the database, and judge() for the name's look-up as well.
#pragma once

#include <chrono>
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
};

struct EgressDeskNeeds {
  AgentReader& agents;
  SettingsStore& settings;
  const SecretBox& secrets;
  OutboundPolicy policy;  // what no agent is led to
  LookUp look_up;
  Logger log;
};

class EgressDesk {
 public:
  explicit EgressDesk(EgressDeskNeeds needs);

  // `peer`: the address that the request came from.
  EgressJudgement judge(const EgressRequest& request, std::string_view peer) const;
  // The same for a tunnel that is open, without looking its host up again. An agent keeps what it has while the database
  // does not answer.
  bool still_allows(const EgressRequest& request, std::string_view peer) const;

 private:
  struct Standing {
    EgressOutcome outcome = EgressOutcome::credential;
    bool as_provider = false;
    std::string provider_ranges;
  };

  std::optional<AgentRow> authenticate(const EgressRequest& request, std::string_view peer) const;
  Standing standing_of(const EgressRequest& request, std::string_view peer) const;

  AgentReader& agents_;
  SettingsStore& settings_;
  const TargetAddresses addresses_;
  const Logger log_;
  const AgentTokens tokens_;
};

}  // namespace mosaic
