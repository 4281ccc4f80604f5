// The HTTP server: listeners, sessions, limits and an orderly end. Everything of Asio and Beast
// stays behind this header.
//
// start() opens the listeners and returns; stop() may be called from any thread, once or more
// often. A handler runs on a worker, never on an I/O thread; one session has one request at a time,
// so pipelined requests are answered in order. Every wait has a deadline, every buffer and queue a
// bound.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "api/address_range.hpp"
#include "api/http_guard.hpp"
#include "api/router.hpp"
#include "api/trusted_proxies.hpp"
#include "telemetry/log.hpp"

namespace mosaic {

struct ServerLimits {
  HeadLimits head;
  std::size_t body_bytes = 1024 * 1024;
  std::size_t chunk_extension_bytes = 256;
  std::size_t body_bytes_per_second = 1024;  // a slower body is given up once the grace is over
  std::chrono::milliseconds body_grace{5'000};
  std::chrono::milliseconds head_timeout{
      10'000};  // from the first byte, and from accept to the first byte
  std::chrono::milliseconds read_timeout{10'000};   // between two reads of a body
  std::chrono::milliseconds idle_timeout{60'000};   // between two requests of one connection
  std::chrono::milliseconds write_timeout{30'000};  // of one response
  std::chrono::milliseconds drain_timeout{10'000};  // stop() waits so long for requests in flight
  std::size_t connections = 12'000;
  std::size_t connections_per_address = 1024;  // and requests at a time through trusted proxies
  std::size_t io_threads = 2;
  std::size_t workers = 8;
  std::size_t queued_requests = 256;
};

class ConnectionService;

struct Listener {
  std::string address = "127.0.0.1";  // numeric; "0.0.0.0" and "::" mean all
  std::uint16_t port = 0;             // 0: any free one
  std::shared_ptr<const Router> router;
  std::vector<AddressRange> peers;  // who may connect; empty: everybody
  TrustedProxies proxies;           // whose word for whom they ask is taken
  // Instead of the router: who speaks something else than our HTTP.
  std::shared_ptr<ConnectionService> service;
};

class HttpServer {
 public:
  HttpServer(ServerLimits limits, std::vector<Listener> listeners, Logger log);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Throws std::runtime_error with one line that says what to do when an address cannot be listened
  // on; then nothing is open.
  void start();

  // Ports in the listeners' order. Valid after start().
  std::vector<std::uint16_t> ports() const;

  std::size_t open_connections() const;

  // Stops accepting, closes idle connections, lets requests in flight finish for at most the drain
  // timeout.
  void stop();

 private:
  class Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace mosaic
