// The connection test of a provider, saved or not: the one place that takes a probe's turn.
//
// Safe from any thread. Probes block a worker for seconds, so only a few run at a time; one too many is told to come
// back.
#pragma once

#include <atomic>

#include "api/http_message.hpp"
#include "api/provider_input.hpp"
#include "api/provider_probe.hpp"
#include "store/store.hpp"

namespace mosaic {

class ProviderTest {
 public:
  ProviderTest(ProviderProbe& probe, AgentReader& agents) : probe_(probe), agents_(agents) {}

  // {"outcome", "ok", "remedy", "models"}: a class and what the provider lists, nothing else of its answer.
  Response run(const ProviderInput& provider);

  // {"items"} of the listed models; else the problem.
  Response models(const ProviderInput& provider);

 private:
  std::optional<ProbeResult> probe(const ProviderInput& provider);

  ProviderProbe& probe_;
  AgentReader& agents_;
  std::atomic<int> running_{0};
};

// A saved provider as its owner's key opens it.
ProviderInput saved_provider(const ProviderRow& row, const SecretBox& secrets);

}  // namespace mosaic
