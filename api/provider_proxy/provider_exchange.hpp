// One call of an agent to its provider on its way: judged, passed on, its answer passed back. Private to the proxy.
//
// Lives as long as its request, on the agent's I/O thread. Nothing is read from one side before the other has taken what
// came before; an agent that goes away ends the call to the provider at once, and a provider that breaks off cuts the agent's
// answer short, so that it never looks whole.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "api/client_stream.hpp"
#include "api/connection.hpp"
#include "api/egress/egress_refusals.hpp"
#include "api/fair_turns.hpp"
#include "api/gateway/upstream_answer.hpp"
#include "api/provider_proxy/provider_desk.hpp"
#include "api/provider_proxy/provider_proxy.hpp"

namespace mosaic {

// Outlives every exchange.
struct ProviderParts {
  const ProviderDesk& desk;
  EgressRefusals& refusals;
  ProviderLimits limits;
  const TlsContext& tls;
  std::function<void(ProviderOutcome)> count;
  prometheus::Gauge& open_calls;
};

class ProviderExchange {
 public:
  // `turns`: of the server whose thread this is.
  ProviderExchange(const ProviderParts& parts, FairTurns& turns, const Request& request,
                   ClientStream& client);
  ~ProviderExchange();
  ProviderExchange(const ProviderExchange&) = delete;
  ProviderExchange& operator=(const ProviderExchange&) = delete;

  boost::asio::awaitable<void> run();

 private:
  boost::asio::awaitable<ProviderOutcome> pass_call();
  boost::asio::awaitable<void> judge();
  // `answered`: it is there.
  boost::asio::awaitable<ProviderOutcome> connect();
  boost::asio::awaitable<ProviderOutcome> connect_to(const IpAddress& address);
  // Nothing when it does not come as it should, and the agent has been told; false: the provider took only a part.
  boost::asio::awaitable<std::optional<bool>> send_call();
  boost::asio::awaitable<bool> send_piece(std::string_view piece, bool chunks);
  boost::asio::awaitable<bool> still_wanted();
  boost::asio::awaitable<ProviderOutcome> pass_answer(UpstreamAnswer& answer);
  boost::asio::awaitable<ProviderOutcome> pass_body(UpstreamAnswer& answer);
  boost::asio::awaitable<void> tell(ProviderOutcome outcome);
  void note_refusal(ProviderOutcome outcome);

  const ProviderParts& parts_;
  FairTurns& turns_;
  const Request& request_;
  ClientStream& client_;
  ProviderGrant grant_;
  std::shared_ptr<Connection> upstream_;
};

}  // namespace mosaic
