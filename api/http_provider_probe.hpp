// The provider probe over the network: one guarded request of ten seconds and 1 MB at most.
//
// Safe from any thread. The client and the policy's texts outlive it.
#pragma once

#include "api/provider_probe.hpp"
#include "http/outbound_client.hpp"
#include "telemetry/log.hpp"

namespace mosaic {

class HttpProviderProbe final : public ProviderProbe {
 public:
  // `policy`: what is refused whatever an admin allows (the agents' subnets, this host's own addresses and ports).
  HttpProviderProbe(OutboundClient& client, OutboundPolicy policy, Logger log)
      : client_(client), policy_(std::move(policy)), log_(std::move(log)) {}

  ProbeResult probe(const ProbeTarget& target) override;

 private:
  OutboundClient& client_;
  const OutboundPolicy policy_;
  const Logger log_;
};

}  // namespace mosaic
