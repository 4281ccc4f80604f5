#include "api/provider_proxy/provider_proxy.hpp"

#include <utility>

#include "agent_config/rendered_config.hpp"
#include "api/client_stream.hpp"
#include "api/gateway/openai_error.hpp"
#include "api/provider_proxy/provider_exchange.hpp"

namespace mosaic {
namespace {

namespace asio = boost::asio;

constexpr std::size_t turns_of_one_agent = 2;

class ProviderRoute final : public StreamHandler {
 public:
  explicit ProviderRoute(const ProviderParts& parts) : parts_(parts) {}

  asio::awaitable<void> serve(Request& request, ClientStream& client) override {
    const auto exchange = std::make_unique<ProviderExchange>(parts_, turns_, request, client);
    co_await exchange->run();
  }

  std::optional<std::size_t> takes_body() const override { return parts_.limits.body_bytes; }

 private:
  const ProviderParts& parts_;
  FairTurns turns_{turns_of_one_agent};
};

}  // namespace

class ProviderProxy::Implementation {
 public:
  Implementation(ProviderProxyNeeds needs, const ProviderLimits& limits,
                 const TlsFiles& authorities)
      : tls_(authorities),
        desk_(std::move(needs.desk)),
        refusals_(needs.clock, needs.refusals),
        parts_{desk_, refusals_, limits, tls_, std::move(needs.count), needs.open_calls} {}

  const ProviderParts& parts() const { return parts_; }
  EgressRefusals& refusals() { return refusals_; }

 private:
  const TlsContext tls_;
  const ProviderDesk desk_;
  EgressRefusals refusals_;
  const ProviderParts parts_;
};

ProviderProxy::ProviderProxy(ProviderProxyNeeds needs, ProviderLimits limits,
                             const TlsFiles& authorities)
    : implementation_(std::make_unique<Implementation>(std::move(needs), limits, authorities)) {}

ProviderProxy::~ProviderProxy() = default;

void ProviderProxy::add_routes(Router& router) const {
  const std::string prefix(provider_proxy_prefix);
  // Whatever the provider's kind, its client looks for an "error" with a message.
  router.set_error_form(prefix, as_openai_error);
  const auto route = std::make_shared<ProviderRoute>(implementation_->parts());
  for (const char* const method : {"GET", "POST"})
    router.add_stream(method, prefix + "/{kind}/{id}/{provider}/{path...}", route);
}

void ProviderProxy::look_after() { implementation_->refusals().write(); }

}  // namespace mosaic
