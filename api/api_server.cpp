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
      : agent_config_(dependencies.agents, dependencies.settings, dependencies.secrets,
                      dependencies.log),
        server_(settings.limits, make_listeners(settings, dependencies), dependencies.log) {}

  HttpServer& server() { return server_; }

 private:
  std::vector<Listener> make_listeners(const ApiSettings& settings,
                                       const ApiDependencies& dependencies) const {
    std::vector<Listener> listeners;
    for (const auto& wanted : settings.listeners) {
      auto router = std::make_shared<Router>();
      if (wanted.serves_operators)
        add_health_routes(*router, dependencies.readiness, dependencies.metrics_text);
      if (wanted.serves_agents) agent_config_.add_routes(*router);
      if (wanted.serves_agents && dependencies.provider_proxy != nullptr)
        dependencies.provider_proxy->add_routes(*router);
      if (wanted.serves_people && dependencies.people != nullptr)
        dependencies.people->add_routes(*router);
      if (wanted.serves_people && dependencies.web_pages != nullptr)
        add_web_pages(*router, *dependencies.web_pages);
      Listener listener;
      listener.address = wanted.address;
      listener.port = wanted.port;
      listener.router = std::move(router);
      listener.peers = parse_ranges(wanted.allowed_peers);
      listener.proxies = wanted.trusted_proxies;
      listeners.push_back(std::move(listener));
    }
    return listeners;
  }

  AgentConfigHandler agent_config_;
  HttpServer server_;  // last: it stops before what its routes use goes
};

ApiServer::ApiServer(const ApiSettings& settings, ApiDependencies dependencies)
    : implementation_(std::make_unique<Implementation>(settings, std::move(dependencies))) {}

ApiServer::~ApiServer() = default;

void ApiServer::start() { implementation_->server().start(); }

std::vector<std::uint16_t> ApiServer::ports() const { return implementation_->server().ports(); }

void ApiServer::stop() { implementation_->server().stop(); }

}  // namespace mosaic
