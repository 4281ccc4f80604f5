#include "api/http_issuer_probe.hpp"

#include "http/http_error.hpp"

namespace mosaic {
namespace {

IssuerOutcome outcome_of(const HttpError& error) {
  switch (error.kind()) {
    case HttpErrorKind::time_up:
      return IssuerOutcome::timeout;
    case HttpErrorKind::tls:
      return IssuerOutcome::tls;
    case HttpErrorKind::cannot_connect:
      return IssuerOutcome::unreachable;
    default:
      return IssuerOutcome::server_error;
  }
}

std::string description_url(std::string issuer_url) {
  while (issuer_url.ends_with('/')) issuer_url.pop_back();
  return issuer_url + "/.well-known/openid-configuration";
}

}  // namespace

IssuerOutcome HttpIssuerProbe::probe(const std::string& issuer_url, bool private_addresses) {
  auto policy = policy_;
  policy.https_only = true;
  policy.loopback = true;
  policy.private_addresses = private_addresses;
  const auto url = parse_outbound_url(description_url(issuer_url));
  if (std::holds_alternative<OutboundRefusal>(url)) return IssuerOutcome::refused_by_policy;
  OutboundRequest request;
  request.url = std::get<OutboundUrl>(url);
  request.fields.emplace_back("Accept", "application/json");
  try {
    const auto answer = client_.fetch(request, policy);
    return judge_issuer(issuer_url, answer.status, answer.body);
  } catch (const OutboundRefused&) {
    return IssuerOutcome::refused_by_policy;
  } catch (const HttpError& error) {
    log_.debug("an identity provider's test failed", {{Field::error, error.what()}});
    return outcome_of(error);
  }
}

}  // namespace mosaic
