// The issuer probe over the network: one guarded request of ten seconds and 64 KB at most.
//
// Safe from any thread. The client outlives it.
#pragma once

#include "api/issuer_probe.hpp"
#include "http/outbound_client.hpp"
#include "telemetry/log.hpp"

namespace mosaic {

class HttpIssuerProbe final : public IssuerProbe {
 public:
  HttpIssuerProbe(OutboundClient& client, OutboundPolicy policy, Logger log)
      : client_(client), policy_(std::move(policy)), log_(std::move(log)) {}

  IssuerOutcome probe(const std::string& issuer_url, bool private_addresses) override;

 private:
  OutboundClient& client_;
  const OutboundPolicy policy_;
  const Logger log_;
};

}  // namespace mosaic
