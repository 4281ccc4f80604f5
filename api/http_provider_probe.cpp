#include "api/http_provider_probe.hpp"

#include "http/http_error.hpp"

namespace mosaic {
namespace {

// Aggregators list hundreds of models; only a few probes run at a time.
constexpr std::size_t max_answer_bytes = 1024 * 1024;

ProbeOutcome outcome_of(const HttpError& error) {
  switch (error.kind()) {
    case HttpErrorKind::time_up:
      return ProbeOutcome::timeout;
    case HttpErrorKind::tls:
      return ProbeOutcome::tls;
    case HttpErrorKind::cannot_connect:
      return ProbeOutcome::unreachable;
    default:
      return ProbeOutcome::server_error;
  }
}

}  // namespace

ProbeResult HttpProviderProbe::probe(const ProbeTarget& target) {
  auto policy = policy_;
  for (const auto& text : target.private_ranges) {
    if (const auto range = IpRange::parse(text)) policy.allowed.push_back(*range);
  }
  auto wanted = probe_request(target);
  const auto url = parse_outbound_url(wanted.url);
  ProbeResult result;
  result.outcome = ProbeOutcome::refused_by_policy;
  if (std::holds_alternative<OutboundRefusal>(url)) return result;
  OutboundRequest request;
  request.url = std::get<OutboundUrl>(url);
  request.fields = std::move(wanted.fields);
  request.max_answer_bytes = max_answer_bytes;
  try {
    const auto answer = client_.fetch(request, policy);
    return judge_answer(target, answer.status, answer.body);
  } catch (const OutboundRefused&) {
    return result;
  } catch (const HttpError& error) {
    // The words of the network are for the log alone: they would tell what is where.
    log_.debug("a provider's connection test failed", {{Field::error, error.what()}});
    result.outcome = outcome_of(error);
    return result;
  }
}

}  // namespace mosaic
