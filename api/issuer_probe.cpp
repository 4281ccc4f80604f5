#include "api/issuer_probe.hpp"

#include <nlohmann/json.hpp>

namespace mosaic {

std::string_view to_string(IssuerOutcome outcome) {
  switch (outcome) {
    case IssuerOutcome::reachable:
      return "reachable";
    case IssuerOutcome::other_issuer:
      return "other-issuer";
    case IssuerOutcome::not_found:
      return "not-found";
    case IssuerOutcome::timeout:
      return "timeout";
    case IssuerOutcome::unreachable:
      return "unreachable";
    case IssuerOutcome::refused_by_policy:
      return "refused-by-policy";
    case IssuerOutcome::tls:
      return "tls";
    case IssuerOutcome::server_error:
      break;
  }
  return "server-error";
}

std::string_view remedy_for(IssuerOutcome outcome) {
  switch (outcome) {
    case IssuerOutcome::reachable:
      return "";
    case IssuerOutcome::other_issuer:
      return "Enter the issuer exactly as its description has it, with or without the slash at the "
             "end.";
    case IssuerOutcome::not_found:
      return "Check the issuer's URL: what answers there has no /.well-known/openid-configuration.";
    case IssuerOutcome::timeout:
      return "Check that the identity provider is up: it did not answer in ten seconds.";
    case IssuerOutcome::unreachable:
      return "Check the issuer's URL: there is no such name, or nothing listens there.";
    case IssuerOutcome::refused_by_policy:
      return "Use https and a public address, or allow private addresses (privateAddresses) when "
             "the identity provider is in your own network.";
    case IssuerOutcome::tls:
      return "Check the identity provider's certificate: it is not to be trusted for this name.";
    case IssuerOutcome::server_error:
      break;
  }
  return "Try again later: the identity provider answered with an error of its own.";
}

IssuerOutcome judge_issuer(const std::string& issuer_url, int status, std::string_view body) {
  if (status >= 300 && status < 500) return IssuerOutcome::not_found;
  if (status != 200) return IssuerOutcome::server_error;
  const auto description = nlohmann::json::parse(body, nullptr, false);
  if (!description.is_object()) return IssuerOutcome::not_found;
  const auto issuer = description.find("issuer");
  if (issuer == description.end() || !issuer->is_string()) return IssuerOutcome::not_found;
  return *issuer == issuer_url ? IssuerOutcome::reachable : IssuerOutcome::other_issuer;
}

}  // namespace mosaic
