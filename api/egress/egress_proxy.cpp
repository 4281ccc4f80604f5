#include "api/egress/egress_proxy.hpp"

#include <utility>

#include "api/egress/egress_session.hpp"
#include "api/server.hpp"

namespace mosaic {
namespace {

constexpr std::size_t turns_of_one_agent = 4;

ServerLimits server_limits(std::size_t connections) {
  ServerLimits limits;
  limits.connections = connections;
  limits.connections_per_address = 128;  // an agent has an address of its own
  limits.io_threads = 1;                 // FairTurns needs no lock
  limits.workers = 16;
  limits.queued_requests = 1024;
  limits.drain_timeout = std::chrono::milliseconds(2'000);
  return limits;
}

// Empty when the connection has ended already.
std::string own_address(const boost::asio::ip::tcp::socket& socket) {
  boost::system::error_code error;
  const auto endpoint = socket.local_endpoint(error);
  if (error) return {};
  const auto parsed = IpAddress::parse(endpoint.address().to_string());
  return parsed ? parsed->effective().text() : std::string();
}

class EgressService final : public ConnectionService {
 public:
  explicit EgressService(const EgressParts& parts) : parts_(parts) {}

  std::shared_ptr<ServedConnection> take(const SessionContext& context,
                                         boost::asio::ip::tcp::socket socket, std::string peer,
                                         ConnectionLimit::Lease lease) override {
    EgressEnds ends{std::move(peer), own_address(socket)};
    return std::make_shared<EgressSession>(parts_, context, std::move(socket), std::move(ends),
                                           std::move(lease));
  }

 private:
  const EgressParts& parts_;
};

Listener listener_for(const EgressProxySettings& settings, const EgressParts& parts) {
  Listener listener;
  listener.address = settings.address;
  listener.port = settings.port;
  listener.peers = settings.peers;
  listener.service = std::make_shared<EgressService>(parts);
  return listener;
}

}  // namespace

class EgressProxy::Implementation {
 public:
  Implementation(const EgressProxySettings& settings, EgressProxyNeeds needs)
      : desk_(needs.desk),
        refusals_(needs.clock, needs.refusals),
        parts_{desk_,
               turns_,
               refusals_,
               settings.limits,
               std::move(needs.count),
               needs.traffic,
               std::move(needs.own_routes)},
        server_(server_limits(settings.connections), {listener_for(settings, parts_)},
                needs.desk.log) {}

  HttpServer& server() { return server_; }
  EgressRefusals& refusals() { return refusals_; }

 private:
  const EgressDesk desk_;
  FairTurns turns_{turns_of_one_agent};
  EgressRefusals refusals_;
  const EgressParts parts_;
  HttpServer server_;  // last: it stops before what its connections use goes
};

EgressProxy::EgressProxy(const EgressProxySettings& settings, EgressProxyNeeds needs)
    : implementation_(std::make_unique<Implementation>(settings, std::move(needs))) {}

EgressProxy::~EgressProxy() = default;

void EgressProxy::start() { implementation_->server().start(); }

void EgressProxy::stop() { implementation_->server().stop(); }

std::uint16_t EgressProxy::port() const { return implementation_->server().ports().front(); }

void EgressProxy::look_after() { implementation_->refusals().write(); }

}  // namespace mosaic
