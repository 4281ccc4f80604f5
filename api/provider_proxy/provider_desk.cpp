#include "api/provider_proxy/provider_desk.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "agent_config/provider_entry.hpp"
#include "api/config_source_of.hpp"
#include "api/provider_credential.hpp"
#include "api/provider_input.hpp"
#include "api/provider_proxy/provider_call.hpp"

namespace mosaic {
namespace {

constexpr std::array<std::pair<ProviderOutcome, std::string_view>, provider_outcomes> words{
    {{ProviderOutcome::answered, "answered"},
     {ProviderOutcome::malformed, "malformed"},
     {ProviderOutcome::credential, "credential"},
     {ProviderOutcome::delivered, "delivered"},
     {ProviderOutcome::provider, "provider"},
     {ProviderOutcome::address, "address"},
     {ProviderOutcome::unresolved, "unresolved"},
     {ProviderOutcome::unreachable, "unreachable"},
     {ProviderOutcome::tls, "tls"},
     {ProviderOutcome::broken, "broken"},
     {ProviderOutcome::cancelled, "cancelled"},
     {ProviderOutcome::overloaded, "overloaded"},
     {ProviderOutcome::unavailable, "unavailable"}}};

ProviderOutcome outcome_of(EgressOutcome outcome) {
  switch (outcome) {
    case EgressOutcome::allowed:
      return ProviderOutcome::answered;
    case EgressOutcome::unresolved:
      return ProviderOutcome::unresolved;
    default:
      return ProviderOutcome::address;
  }
}

void refuse(ProviderGrant& grant, ProviderOutcome outcome, std::string reason) {
  grant.outcome = outcome;
  grant.reason = std::move(reason);
}

bool fits_a_field(std::string_view key) {
  return std::all_of(key.begin(), key.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

}  // namespace

std::string_view to_string(ProviderOutcome outcome) {
  return std::find_if(words.begin(), words.end(),
                      [&](const auto& word) { return word.first == outcome; })
      ->second;
}

ProviderDesk::ProviderDesk(EgressDeskNeeds needs)
    : agents_(needs.agents),
      settings_(needs.settings),
      secrets_(needs.secrets),
      addresses_(std::move(needs.policy), std::move(needs.look_up)),
      log_(std::move(needs.log)),
      callers_(needs.agents, needs.secrets) {}

ProviderGrant ProviderDesk::judge(const Request& request) const {
  ProviderGrant grant;
  try {
    decide(request, grant);
  } catch (const StoreError& error) {
    log_.warning("an agent's call to its provider cannot be judged",
                 {{Field::error, error.what()}});
    refuse(grant, ProviderOutcome::unavailable,
           "Which providers this agent has cannot be read at present.");
  }
  return grant;
}

void ProviderDesk::decide(const Request& request, ProviderGrant& grant) const {
  const auto agent = callers_.identify(request, shown_key(request.fields));
  if (!agent) return refuse(grant, ProviderOutcome::credential, "Show the token of this agent.");
  grant.agent = agent->key;
  std::vector<std::string> problems;
  const auto fleet = FleetSettings::parse(agents_.settings("fleet."), problems);
  if (fleet.provider_keys != ProviderKeys::injected) {
    return refuse(grant, ProviderOutcome::delivered,
                  "Agents are given their providers' keys; the configuration has changed.");
  }
  if (!find_provider(*agent, request, grant)) return;
  grant.place = grant.url.host + ":" + std::to_string(grant.url.port);
  auto found = addresses_.find(grant.url, fleet.provider_private_ranges);
  grant.outcome = outcome_of(found.outcome);
  grant.reason = std::move(found.reason);
  grant.addresses = std::move(found.addresses);
}

// Of this agent's owner, in the words of the agent's own configuration.
bool ProviderDesk::find_provider(const AgentRow& agent, const Request& request,
                                 ProviderGrant& grant) const {
  const auto source = config_source_of(agent, agents_, settings_);
  std::vector<ProviderRow> rows;
  if (source) rows = source->providers;  // else deleted since a moment ago
  std::map<std::string, std::string> keys;
  for (const auto& row : rows) {
    if (auto key = plain_key(row, secrets_)) keys[row.id] = std::move(*key);
  }
  const auto entries = make_provider_entries(rows, keys);
  const auto entry = std::find_if(entries.begin(), entries.end(), [&](const auto& candidate) {
    return candidate.key == request.parameters.at("provider");
  });
  if (entry == entries.end() || entry->problem) {
    grant.place = entry == entries.end() ? "a provider of somebody else, or of nobody" : entry->key;
    refuse(grant, ProviderOutcome::provider, "This agent has no such provider.");
    return false;
  }
  auto url = provider_call_url(entry->base_url, request.parameters.at("path"), request.query);
  grant.api = entry->api;
  if (const auto key = keys.find(entry->row_id); key != keys.end()) grant.key = key->second;
  if (!url || !fits_a_field(grant.key)) {
    refuse(grant, ProviderOutcome::malformed, "The provider cannot be asked for that path.");
    return false;
  }
  grant.url = std::move(*url);
  return true;
}

}  // namespace mosaic
