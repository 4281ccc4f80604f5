#include "api/egress/egress_desk.hpp"

#include <sstream>
#include <utility>

#include "api/config_source_of.hpp"
#include "http/http_error.hpp"
#include "http/outbound_client.hpp"

namespace mosaic {
namespace {

constexpr std::chrono::seconds look_up_limit{5};

const char* sentence_for(EgressOutcome outcome) {
  switch (outcome) {
    case EgressOutcome::credential:
      return "Show the credential of this agent.";
    case EgressOutcome::policy:
      return "This agent may not ask that host.";
    case EgressOutcome::unavailable:
      return "Who may ask what cannot be read at present.";
    default:
      return "";
  }
}

EgressOutcome outcome_of(EgressVerdict verdict) {
  const bool allowed =
      verdict == EgressVerdict::allowed || verdict == EgressVerdict::allowed_as_provider;
  return allowed ? EgressOutcome::allowed : EgressOutcome::policy;
}

}  // namespace

EgressDesk::EgressDesk(EgressDeskNeeds needs)
    : agents_(needs.agents),
      settings_(needs.settings),
      policy_(std::move(needs.policy)),
      look_up_(std::move(needs.look_up)),
      log_(std::move(needs.log)),
      tokens_(needs.secrets) {}

// Its own secret, and from its own address where the controller knows one: another's secret is of no use here.
std::optional<AgentRow> EgressDesk::authenticate(const EgressRequest& request,
                                                 std::string_view peer) const {
  if (!request.credential) return std::nullopt;
  auto row = agents_.find_agent(request.credential->agent);
  if (!tokens_.matches(row, request.credential->secret, AgentTokens::Form::egress_secret))
    return std::nullopt;
  const std::string_view endpoint = row->status.endpoint;
  if (!endpoint.empty() && endpoint.substr(0, endpoint.rfind(':')) != peer) return std::nullopt;
  return row;
}

EgressDesk::Standing EgressDesk::standing_of(const EgressRequest& request,
                                             std::string_view peer) const {
  Standing standing;
  const auto agent = authenticate(request, peer);
  if (!agent) return standing;
  const auto source = config_source_of(*agent, agents_, settings_);
  if (!source) return standing;  // deleted since a moment ago
  std::vector<std::string> problems;
  const auto settings = FleetSettings::parse(agents_.settings("fleet."), problems);
  const auto verdict = judge_target(
      request.target, egress_rules_of(source->key.kind, settings.egress, source->providers));
  standing.outcome = outcome_of(verdict);
  standing.as_provider = verdict == EgressVerdict::allowed_as_provider;
  standing.provider_ranges = settings.provider_private_ranges;
  return standing;
}

void EgressDesk::look_up_and_check(const OutboundUrl& target, const Standing& standing,
                                   EgressJudgement& judgement) const {
  auto policy = policy_;
  if (policy.this_host_refused) policy.own_addresses = addresses_of_this_host();  // as they are now
  std::istringstream ranges(standing.as_provider ? standing.provider_ranges : "");
  for (std::string text; ranges >> text;) {
    if (const auto range = IpRange::parse(text)) policy.allowed.push_back(*range);
  }
  try {
    judgement.addresses = look_up_(target.host, WaitLimit::in(look_up_limit));
  } catch (const HttpError&) {
    judgement.addresses.clear();  // what the resolver said is nobody's business
  }
  if (judgement.addresses.empty()) {
    judgement.outcome = EgressOutcome::unresolved;
    judgement.reason = "That host has no address.";
  } else if (auto refused = refuse_addresses(judgement.addresses, target, policy)) {
    judgement.outcome = EgressOutcome::address;
    judgement.reason = std::move(refused->reason);
    judgement.addresses.clear();
  }
}

EgressJudgement EgressDesk::judge(const EgressRequest& request, std::string_view peer) const {
  EgressJudgement judgement;
  try {
    const auto standing = standing_of(request, peer);
    judgement.outcome = standing.outcome;
    if (judgement.outcome == EgressOutcome::allowed)
      look_up_and_check(request.target, standing, judgement);
  } catch (const StoreError& error) {
    log_.warning("an agent's request cannot be judged", {{Field::error, error.what()}});
  }
  if (judgement.reason.empty()) judgement.reason = sentence_for(judgement.outcome);
  return judgement;
}

bool EgressDesk::still_allows(const EgressRequest& request, std::string_view peer) const {
  try {
    return standing_of(request, peer).outcome == EgressOutcome::allowed;
  } catch (const StoreError&) {
    return true;
  }
}

}  // namespace mosaic
