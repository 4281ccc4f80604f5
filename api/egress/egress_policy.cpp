#include "api/egress/egress_policy.hpp"

#include <algorithm>

#include "agent_config/provider_entry.hpp"

namespace mosaic {

EgressRules egress_rules_of(ResourceKind kind, const EgressSettings& settings,
                            const std::vector<ProviderRow>& providers) {
  EgressRules rules;
  rules.access =
      kind == ResourceKind::system_container ? settings.system_agents : settings.user_agents;
  rules.hosts = parse_host_patterns(settings.hosts).value_or(std::vector<HostPattern>());
  // Their keys are nobody's business here.
  for (const auto& entry : make_provider_entries(providers, {})) {
    auto url = parse_outbound_url(entry.base_url);
    if (auto* const parsed = std::get_if<OutboundUrl>(&url))
      rules.providers.push_back(std::move(*parsed));
  }
  return rules;
}

EgressVerdict judge_target(const OutboundUrl& target, const EgressRules& rules) {
  const auto is_target = [&](const OutboundUrl& provider) {
    return provider.host == target.host && provider.port == target.port;
  };
  if (std::any_of(rules.providers.begin(), rules.providers.end(), is_target))
    return EgressVerdict::allowed_as_provider;
  if (rules.access == EgressAccess::internet) return EgressVerdict::allowed;
  if (rules.access == EgressAccess::providers) return EgressVerdict::no_provider;
  const auto covers = [&](const HostPattern& pattern) {
    return pattern.matches(target.host, target.port);
  };
  return std::any_of(rules.hosts.begin(), rules.hosts.end(), covers) ? EgressVerdict::allowed
                                                                     : EgressVerdict::not_listed;
}

std::string_view to_string(EgressOutcome outcome) {
  switch (outcome) {
    case EgressOutcome::allowed:
      return "allowed";
    case EgressOutcome::malformed:
      return "malformed";
    case EgressOutcome::credential:
      return "credential";
    case EgressOutcome::policy:
      return "policy";
    case EgressOutcome::address:
      return "address";
    case EgressOutcome::unresolved:
      return "unresolved";
    case EgressOutcome::unreachable:
      return "unreachable";
    case EgressOutcome::overloaded:
      return "overloaded";
    case EgressOutcome::unavailable:
      break;
  }
  return "unavailable";
}

}  // namespace mosaic
