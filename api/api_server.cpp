#include "api/api_server.hpp"

#include <stdexcept>
#include <utility>

#include "api/handlers/agent_config_handler.hpp"

namespace mosaic {
namespace {

std::vector<AddressRange> parse_ranges(const std::vector<std::string>& texts) {
  std::vector<AddressRange> ranges;
  for (const auto& text : texts) {
    const auto range = AddressRange::parse(text);
    if (!range) {
      throw std::invalid_argument(
          "\"" + text +
          "\" is no address range; write it like 10.201.0.0/16, with no bits set "
          "after the prefix");
    }
    ranges.push_back(*range);
  }
  return ranges;
}

}  // namespace

class ApiServer::Implementation {
 public:
  Implementation(const ApiSettings& settings, ApiDependencies dependencies)
      : settings_(settings),
        dependencies_(std::move(dependencies)),
        agent_config_(dependencies_.agents, dependencies_.settings, dependencies_.secrets,
                      dependencies_.log),
        server_(settings.limits, make_listeners(), dependencies_.log) {}

  HttpServer& server() { return server_; }

  std::shared_ptr<const Router> make_router(const ApiListener& wanted) const {
    auto router = std::make_shared<Router>();
    if (wanted.serves_operators)
      add_health_routes(*router, dependencies_.readiness, dependencies_.metrics_text);
    if (wanted.serves_agents) agent_config_.add_routes(*router);
    if (wanted.serves_agents && dependencies_.provider_proxy != nullptr)
      dependencies_.provider_proxy->add_routes(*router);
    if (wanted.serves_people && dependencies_.people != nullptr)
      dependencies_.people->add_routes(*router);
    if (wanted.serves_people && dependencies_.web_pages != nullptr)
      add_web_pages(*router, *dependencies_.web_pages);
    return router;
  }
  std::shared_ptr<const Router> make_router(std::size_t listener) const {
    return make_router(settings_.listeners.at(listener));
  }

 private:
  std::vector<Listener> make_listeners() const {
    std::vector<Listener> listeners;
    for (const auto& wanted : settings_.listeners) {
      Listener listener;
      listener.address = wanted.address;
      listener.port = wanted.port;
      listener.router = make_router(wanted);
      listener.peers = parse_ranges(wanted.allowed_peers);
      listener.proxies = wanted.trusted_proxies;
      listeners.push_back(std::move(listener));
    }
    return listeners;
  }

  const ApiSettings settings_;
  const ApiDependencies dependencies_;
  const AgentConfigHandler agent_config_;
  HttpServer server_;  // last: it stops before what its routes use goes
};

ApiServer::ApiServer(const ApiSettings& settings, ApiDependencies dependencies)
    : implementation_(std::make_unique<Implementation>(settings, std::move(dependencies))) {}

ApiServer::~ApiServer() = default;

void ApiServer::start() { implementation_->server().start(); }

std::vector<std::uint16_t> ApiServer::ports() const { return implementation_->server().ports(); }

std::shared_ptr<const Router> ApiServer::make_router(std::size_t listener) const {
  return implementation_->make_router(listener);
}

void ApiServer::stop() { implementation_->server().stop(); }

}  // namespace mosaic
