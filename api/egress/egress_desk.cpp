#include "api/egress/egress_desk.hpp"

#include <utility>

#include "api/config_source_of.hpp"

namespace mosaic {
namespace {

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
      addresses_(std::move(needs.policy), std::move(needs.look_up)),
      log_(std::move(needs.log)),
      agents_port_(needs.agents_port),
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
                                             const EgressEnds& ends) const {
  Standing standing;
  const auto agent = authenticate(request, ends.peer);
  if (!agent) return standing;
  standing.ours = request.tunnel && agents_port_ != 0 && request.target.port == agents_port_ &&
                  request.target.host == ends.own;
  if (standing.ours) {
    standing.outcome = EgressOutcome::allowed;
    return standing;
  }
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

EgressJudgement EgressDesk::judge(const EgressRequest& request, const EgressEnds& ends) const {
  EgressJudgement judgement;
  try {
    const auto standing = standing_of(request, ends);
    judgement.outcome = standing.outcome;
    if (standing.ours) {
      judgement.ours = true;
    } else if (judgement.outcome == EgressOutcome::allowed) {
      auto found = addresses_.find(request.target,
                                   standing.as_provider ? standing.provider_ranges : std::string());
      judgement = {found.outcome, std::move(found.reason), std::move(found.addresses)};
    }
  } catch (const StoreError& error) {
    log_.warning("an agent's request cannot be judged", {{Field::error, error.what()}});
  }
  if (judgement.reason.empty()) judgement.reason = sentence_for(judgement.outcome);
  return judgement;
}

bool EgressDesk::still_allows(const EgressRequest& request, const EgressEnds& ends) const {
  try {
    return standing_of(request, ends).outcome == EgressOutcome::allowed;
  } catch (const StoreError&) {
    return true;
  }
}

}  // namespace mosaic
