// One connection: reads requests one after the other, has them answered, writes the responses.
// Private to the server.
//
// All members run on the session's strand, except those said otherwise. The context outlives every
// session.
#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "api/connection_limit.hpp"
#include "api/server.hpp"
#include "api/worker_pool.hpp"

namespace mosaic {

// What all sessions share.
struct SessionContext {
  const ServerLimits& limits;
  WorkerPool& workers;
  const Logger& log;
  std::atomic<bool>& stopping;
};

class HttpSession : public std::enable_shared_from_this<HttpSession> {
 public:
  enum class ReadOutcome : std::uint8_t { complete, ended, timed_out, too_large, malformed };

  HttpSession(SessionContext context, boost::asio::ip::tcp::socket socket,
              std::shared_ptr<const Router> router, std::string peer_address,
              ConnectionLimit::Lease lease);

  boost::asio::awaitable<void> run();

  auto executor() { return socket_.get_executor(); }

  // From any thread: close() ends the session now, close_if_idle() only between two requests.
  void close();
  void close_if_idle();

 private:
  boost::asio::awaitable<bool> serve_one();
  boost::asio::awaitable<ReadOutcome> read_head(std::string& head);
  boost::asio::awaitable<ReadOutcome> read_body(const RequestHead& head,
                                                const std::string& head_bytes, Request& request);
  boost::asio::awaitable<Response> answer(std::shared_ptr<Request> request);
  boost::asio::awaitable<Response> answer_on_worker(const Route* route,
                                                    std::shared_ptr<Request> request);
  boost::asio::awaitable<bool> write(const Response& response, const std::string& id,
                                     bool with_body, bool keep_alive);
  boost::asio::awaitable<bool> write_text(std::string text);
  boost::asio::awaitable<void> refuse(int status, std::string_view detail);
  boost::asio::awaitable<void> linger();
  // The socket's operations end with an error, and timed_out_ is set, unless the deadline is moved
  // or lifted before.
  void set_deadline(std::chrono::milliseconds from_now);
  void lift_deadline();
  void log_request(const Request& request, const Response& response,
                   std::chrono::steady_clock::time_point since) const;

  SessionContext context_;
  boost::asio::ip::tcp::socket socket_;
  boost::asio::steady_timer deadline_;
  std::uint64_t deadline_number_ = 0;
  bool timed_out_ = false;
  std::shared_ptr<const Router> router_;
  const std::string peer_address_;
  ConnectionLimit::Lease lease_;
  boost::beast::flat_buffer buffer_;
  bool idle_ = true;
};

}  // namespace mosaic
