// One connection: reads requests one after the other, has them answered, writes the responses.
// Private to the server.
//
// All members run on the thread of the connection's executor, except those said otherwise. The
// context outlives every session.
#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "api/connection.hpp"
#include "api/connection_limit.hpp"
#include "api/server.hpp"
#include "api/worker_pool.hpp"

namespace mosaic {

// What all sessions share.
struct SessionContext {
  const ServerLimits& limits;
  ConnectionLimit& connections;
  WorkerPool& workers;
  const Logger& log;
  std::atomic<bool>& stopping;
};

// Who is connected.
struct SessionPeer {
  std::string address;
  const TrustedProxies* proxies;  // when it is one of them; outlives the session
};

// Waits on the caller's executor until the task has run on a worker. False: the queue is full and
// it never will.
boost::asio::awaitable<bool> run_on_worker(WorkerPool& workers, std::function<void()> task);

class HttpSession : public std::enable_shared_from_this<HttpSession> {
 public:
  enum class ReadOutcome : std::uint8_t { complete, ended, timed_out, too_large, malformed };

  HttpSession(SessionContext context, boost::asio::ip::tcp::socket socket,
              std::shared_ptr<const Router> router, SessionPeer peer, ConnectionLimit::Lease lease);

  boost::asio::awaitable<void> run();

  auto executor() { return connection_->executor(); }

  // From any thread: close() ends the session now, wind_down() only between two requests; a stream
  // is told.
  void close();
  void wind_down();

 private:
  boost::asio::awaitable<bool> serve_one();
  boost::asio::awaitable<bool> serve(const RequestHead& head, Request& request,
                                     std::chrono::steady_clock::time_point since);
  boost::asio::awaitable<ReadOutcome> read_head(std::size_t& head_bytes);
  bool take_body_at_once(const RequestHead& head, Request& request);
  boost::asio::awaitable<ReadOutcome> read_body(const RequestHead& head, Request& request);
  boost::asio::awaitable<ReadOutcome> read_chunks(std::string& body);
  boost::asio::awaitable<ReadOutcome> receive_body_part();
  boost::asio::awaitable<Response> answer(const Route& route, Request& request);
  // False when the connection is over.
  boost::asio::awaitable<bool> stream(const Route& route, Request& request,
                                      const RequestHead& head);
  boost::asio::awaitable<bool> write(const Response& response, const std::string& id,
                                     bool with_body, bool keep_alive);
  boost::asio::awaitable<void> refuse(const std::string& path, const Rejection& rejection);
  boost::asio::awaitable<void> linger();
  void log_request(const Request& request, int status, bool routine,
                   std::chrono::steady_clock::time_point since) const;

  SessionContext context_;
  std::shared_ptr<Connection> connection_;
  std::shared_ptr<const Router> router_;
  const SessionPeer peer_;
  ConnectionLimit::Lease lease_;
  bool idle_ = true;
  bool wants_body_ = true;  // of the request being served: false for HEAD, refused ones too
  std::function<void()> tell_stream_;  // while there is one: the server is stopping
  // Of the body that is being read.
  std::chrono::steady_clock::time_point body_began_;
  std::size_t body_received_ = 0;
};

}  // namespace mosaic
