// A server on a free port of the loopback with the routes that a test gives it.
#pragma once

#include <memory>
#include <utility>

#include "api/server.hpp"

namespace mosaic::test {

// Generous enough for a busy machine, short enough that a test of a time limit is quick.
inline ServerLimits quick_limits() {
  ServerLimits limits;
  limits.io_threads = 2;
  limits.workers = 2;
  limits.drain_timeout = std::chrono::milliseconds(2'000);
  return limits;
}

class RunningServer {
 public:
  explicit RunningServer(Router router, ServerLimits limits = quick_limits(),
                         std::vector<AddressRange> peers = {}, TrustedProxies proxies = {})
      : server_(limits, {listener(std::move(router), std::move(peers), std::move(proxies))},
                Logger::silent()) {
    server_.start();
  }

  std::uint16_t port() const { return server_.ports().front(); }
  HttpServer& server() { return server_; }

 private:
  static Listener listener(Router router, std::vector<AddressRange> peers, TrustedProxies proxies) {
    Listener result;
    result.router = std::make_shared<const Router>(std::move(router));
    result.peers = std::move(peers);
    result.proxies = std::move(proxies);
    return result;
  }

  HttpServer server_;
};

// GET /hello; POST /echo answers with the body; GET /fields with the field lines.
inline Router echo_router() {
  Router router;
  router.add("GET", "/hello", [](const Request&) { return Response(200, "text/plain", "hello"); });
  router.add("POST", "/echo",
             [](const Request& request) { return Response(200, "text/plain", request.body); });
  router.add("POST", "/fields", [](const Request& request) {
    std::string text;
    for (const auto& field : request.fields) text += field.name + "=" + field.value + "\n";
    return Response(200, "text/plain", text);
  });
  return router;
}

}  // namespace mosaic::test
