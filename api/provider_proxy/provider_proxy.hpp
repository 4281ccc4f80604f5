// The provider proxy: where agents ask their model providers when the API keys are injected (fleet.providerKeys). The agent
// shows its own token; its provider is asked on its behalf with the key that only we hold, and what comes back goes on as
// it comes. No answer, error, log or metric of ours has the key in it.
//
// A part of the agents' own listener. add_routes() before the server starts, look_after() from one thread; the
// dependencies outlive the proxy, and the proxy the router.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "api/provider_proxy/provider_desk.hpp"
#include "api/router.hpp"
#include "http/http_endpoint.hpp"
#include "model/clock.hpp"
#include "store/egress_refusal_log.hpp"
#include "telemetry/metric_handles.hpp"

namespace mosaic {

struct ProviderLimits {
  std::size_t body_bytes = 32 * 1024 * 1024;       // of one call: pictures and long histories
  std::chrono::milliseconds connect{10'000};       // to each address; TLS has as long again
  std::chrono::milliseconds send{60'000};          // until the provider has taken a piece
  std::chrono::milliseconds silence{900'000};      // a model may think for long and say nothing
  std::chrono::milliseconds after_refusal{1'000};  // for the answer of who took only half of a call
};

struct ProviderProxyNeeds {
  EgressDeskNeeds desk;
  const Clock& clock;
  EgressRefusalLog& refusals;
  std::function<void(ProviderOutcome)> count;
  prometheus::Gauge& open_calls;
};

class ProviderProxy {
 public:
  // `authorities`: whose word is taken for who a provider is; as it stands, the system's. Throws HttpError(tls).
  explicit ProviderProxy(ProviderProxyNeeds needs, ProviderLimits limits = {},
                         const TlsFiles& authorities = {});
  ~ProviderProxy();
  ProviderProxy(const ProviderProxy&) = delete;
  ProviderProxy& operator=(const ProviderProxy&) = delete;

  // For one server, which has one I/O thread.
  void add_routes(Router& router) const;

  // Now and then: writes down what was refused. Throws StoreError.
  void look_after();

 private:
  class Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace mosaic
