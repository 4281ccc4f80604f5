// Decides on one call of an agent to a model provider whose key it does not hold: who asks, whether the provider is theirs,
// where exactly it is asked, and with which key.
//
// Rows and settings are read for every call: what an owner or an admin changes holds for the next one. judge() may be called
// from any thread, and blocks: for the database, and for the look-up of the provider's name.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/agent_callers.hpp"
#include "api/egress/egress_desk.hpp"
#include "api/egress/target_addresses.hpp"
#include "api/http_message.hpp"

namespace mosaic {

// What became of one call: a word of the metric's label "result".
enum class ProviderOutcome : std::uint8_t {
  answered,    // whatever the provider said
  malformed,   // no call that could be passed on
  credential,  // the agent's token is missing or wrong
  delivered,   // agents are given their keys, and ask by themselves
  provider,    // none of this agent, or one that is of no use
  address,     // it has an address that nobody may ask
  unresolved,
  unreachable,
  tls,        // it cannot prove who it is
  broken,     // its answer broke off, or is none
  cancelled,  // the agent went away
  overloaded,
  unavailable,  // the database did not say
};
inline constexpr std::size_t provider_outcomes = 13;

std::string_view to_string(ProviderOutcome outcome);

struct ProviderGrant {
  ProviderOutcome outcome = ProviderOutcome::unavailable;  // answered: it may be asked
  std::string reason;                // one sentence, when it may not; quotes nothing of the request
  std::optional<ResourceKey> agent;  // once it is known who asks
  std::string place;                 // for the agent's events: "host:port", or which provider
  OutboundUrl url;
  std::vector<IpAddress> addresses;
  std::string api;  // as provider_entry.hpp has it
  std::string key;  // plain; empty: the provider wants none
};

class ProviderDesk {
 public:
  explicit ProviderDesk(EgressDeskNeeds needs);

  // A request of the proxy's route: parameters kind, id, provider and path, the last as it was sent.
  ProviderGrant judge(const Request& request) const;

 private:
  void decide(const Request& request, ProviderGrant& grant) const;
  bool find_provider(const AgentRow& agent, const Request& request, ProviderGrant& grant) const;

  AgentReader& agents_;
  SettingsStore& settings_;
  const SecretBox& secrets_;
  const TargetAddresses addresses_;
  const Logger log_;
  const AgentCallers callers_;
};

}  // namespace mosaic
