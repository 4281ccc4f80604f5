// The egress proxy: the one way out of an agent whose own is closed. CONNECT and plain http in absolute form, for agents
// that show their credential, to hosts that an admin's policy allows, at addresses that nobody else's rule forbids.
//
// A server of its own, with threads and bounds of its own: nothing that agents do here takes anything from people.
// start(), stop() and look_after() from one thread; the dependencies outlive it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "api/address_range.hpp"
#include "api/egress/egress_desk.hpp"
#include "api/router.hpp"
#include "model/clock.hpp"
#include "store/egress_refusal_log.hpp"
#include "telemetry/metric_handles.hpp"

namespace mosaic {

struct EgressLimits {
  std::chrono::milliseconds connect{10'000};      // to each address
  std::chrono::milliseconds send{60'000};         // until a side has taken what there is for it
  std::chrono::milliseconds idle{900'000};        // a model may think for long and say nothing
  std::chrono::milliseconds judge_again{60'000};  // how long what an admin changed goes unnoticed
};

struct EgressProxySettings {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;           // 0: any free one
  std::vector<AddressRange> peers;  // who may connect; empty: everybody
  std::size_t connections = 4096;   // at a time, of all agents together
  EgressLimits limits;
};

struct EgressProxyNeeds {
  EgressDeskNeeds desk;
  const Clock& clock;
  EgressRefusalLog& refusals;
  std::function<void(EgressOutcome)> count;
  EgressTraffic traffic;
  std::shared_ptr<const Router>
      own_routes;  // of the agents' listener, where desk.agents_port says that there is one
};

class EgressProxy {
 public:
  EgressProxy(const EgressProxySettings& settings, EgressProxyNeeds needs);
  ~EgressProxy();
  EgressProxy(const EgressProxy&) = delete;
  EgressProxy& operator=(const EgressProxy&) = delete;

  // Throws std::runtime_error with one line that says what to do when the address cannot be listened on.
  void start();
  // Ends every tunnel.
  void stop();
  std::uint16_t port() const;

  // Now and then: writes down what was refused. Throws StoreError.
  void look_after();

 private:
  class Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace mosaic
