// One connection: reads requests one after the other, has them answered, writes the responses.
// Private to the server.
//
// All members run on the thread of the connection's executor, except those said otherwise. The
// context outlives every session.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "api/connection.hpp"
#include "api/connection_ends.hpp"
#include "api/connection_limit.hpp"
#include "api/served_connection.hpp"

namespace mosaic {

class RequestBody;
class StreamHandler;

// Who is connected.
struct SessionPeer {
  std::string address;
  const TrustedProxies* proxies;  // when it is one of them; outlives the session
};

class HttpSession final : public ServedConnection,
                          public std::enable_shared_from_this<HttpSession> {
 public:
  HttpSession(SessionContext context, boost::asio::ip::tcp::socket socket,
              std::shared_ptr<const Router> router, SessionPeer peer, ConnectionLimit::Lease lease);
  // On a connection on which something else was spoken so far.
  HttpSession(SessionContext context, std::shared_ptr<Connection> connection,
              std::shared_ptr<const Router> router, SessionPeer peer, ConnectionLimit::Lease lease);

  boost::asio::awaitable<void> run() override;

  boost::asio::any_io_executor executor() override { return connection_->executor(); }

  // wind_down() ends it only between two requests; a stream is told.
  void close() override;
  void wind_down() override;

 private:
  boost::asio::awaitable<bool> serve_one();
  boost::asio::awaitable<bool> serve(const RequestHead& head, Request& request,
                                     std::chrono::steady_clock::time_point since);
  bool take_body_at_once(const RequestHead& head, Request& request);
  boost::asio::awaitable<ReadOutcome> read_whole(RequestBody& body, std::string& into);
  boost::asio::awaitable<Response> answer(const Route& route, Request& request);
  // False when the connection is over. `body`: what the handler takes itself; null: the request has it.
  boost::asio::awaitable<bool> stream(StreamHandler& handler, Request& request,
                                      const RequestHead& head, RequestBody* body);
  boost::asio::awaitable<bool> write(const Response& response, const std::string& id,
                                     bool with_body, bool keep_alive);
  boost::asio::awaitable<void> refuse(const std::string& path, const Rejection& rejection);
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
};

}  // namespace mosaic
