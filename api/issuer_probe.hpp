// Asks an identity provider for its own description: does the issuer that an admin entered exist, and is it called so?
//
// Implementations are safe from any thread and block for ten seconds at most; otherwise as provider_probe.hpp.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace mosaic {

enum class IssuerOutcome : std::uint8_t {
  reachable,
  other_issuer,  // its description names another issuer, so that no token of it would be taken
  not_found,     // something answers there, but it is no identity provider
  timeout,
  unreachable,
  refused_by_policy,
  tls,
  server_error,
};

class IssuerProbe {
 public:
  virtual ~IssuerProbe() = default;
  virtual IssuerOutcome probe(const std::string& issuer_url, bool private_addresses) = 0;
};

std::string_view to_string(IssuerOutcome outcome);
std::string_view remedy_for(IssuerOutcome outcome);  // empty for reachable

// Pure: what a description means.
IssuerOutcome judge_issuer(const std::string& issuer_url, int status, std::string_view body);

}  // namespace mosaic
