// One socket, to a client, an agent or a model provider, in the clear or with TLS: input that is read ahead, output that is
// handed to the kernel at once where there is room, and one deadline.
//
// Everything runs on the thread of the executor, but for construction and executor() itself. One coroutine at a time
// receives, one sends. The socket is read when the reactor says that there is something, and written at once, so that a
// message costs one system call each way and a peer that goes away is noticed without any. Input that nobody takes is
// bounded.
#pragma once

#include <array>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/socket_reactor.hpp"
#include "api/wakeup.hpp"
#include "http/tls_session.hpp"

namespace mosaic {

// Written in this order as if they were one; they must stay until sending is over.
using SendParts = std::array<std::string_view, 3>;

class Connection final : public std::enable_shared_from_this<Connection>,
                         private SocketReactor::Listener {
 public:
  // An accepted socket, of a loop that need not be the caller's.
  explicit Connection(boost::asio::ip::tcp::socket socket);
  // One that connect() opens.
  explicit Connection(const boost::asio::any_io_executor& executor);
  virtual ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  boost::asio::any_io_executor executor() { return timer_.get_executor(); }

  // False: refused, unreachable, or not within the time.
  boost::asio::awaitable<bool> connect(boost::asio::ip::tcp::endpoint endpoint,
                                       std::chrono::milliseconds limit);

  // TLS from here on, with a peer that proves to be `host`. False: it does not, or not within the time; tls_failure() then
  // says why, in one line for the log, or is empty.
  boost::asio::awaitable<bool> secure(const TlsContext& context, std::string host,
                                      std::chrono::milliseconds limit);
  const std::string& tls_failure() const { return tls_failure_; }

  std::string_view input() const { return {buffer_.data() + begin_, end_ - begin_}; }
  void consume(std::size_t bytes) { begin_ += bytes; }

  // True when there is more input than before; false when the peer has ended, the deadline has passed, or what has
  // come and was not consumed is as much as is kept.
  boost::asio::awaitable<bool> receive();

  // Until unwatch(): input is read ahead, and `on_end` is told once when the peer has gone.
  void watch(std::function<void()> on_end);
  // The same, but anything that comes counts as the end as well.
  void watch_silence(std::function<void()> on_end);
  void unwatch() { on_end_ = nullptr; }

  // False when the peer takes nothing more, or not all of it within the time.
  boost::asio::awaitable<bool> send(SendParts parts, std::chrono::milliseconds limit);
  // Without waiting; what was taken is no longer in `parts`. Most messages go like this, and cost no coroutine.
  enum class Sent : std::uint8_t { all, some, failed };
  Sent send_now(SendParts& parts);
  // What is said after this must not pile up in the kernel.
  void bound_send_buffer();

  // What is waited for ends with failure, and timed_out() says so, unless the deadline is moved or lifted before.
  void set_deadline(std::chrono::milliseconds from_now);
  void lift_deadline();
  bool timed_out() const { return timed_out_; }

  bool ended() const { return ended_ || timed_out_; }
  // With TLS: it ended without the peer's word that this was all.
  bool cut_off() const { return cut_off_; }

  void end_sending();
  void close();

 private:
  using TimePoint = std::chrono::steady_clock::time_point;
  enum class Read : std::uint8_t { something, nothing_yet, no_room, ended };

  bool ensure_watched();
  bool open(const boost::asio::ip::tcp::endpoint& endpoint);
  void on_ready(SocketReactor::Readiness now) override;
  Read read_now();
  Read read_secured();
  ssize_t send_secured(const SendParts& parts);
  bool make_room();
  void read_for_watcher();
  void look_again();
  void tell_end();
  void wake_receiver();
  void wake_sender();
  boost::asio::awaitable<void> wait_until_writable();
  void close_socket();
  void arm(TimePoint at);
  void on_timer();

  int socket_ = -1;
  std::unique_ptr<TlsSession> tls_;
  std::string tls_failure_;
  bool cut_off_ = false;
  SocketReactor* reactor_ = nullptr;  // once it watches the socket
  std::vector<char> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  bool readable_ = true;  // as far as is known: a read has not found nothing since
  bool peer_ended_ = false;
  bool read_was_full_ = false;  // the next one may well be larger
  bool ended_ = false;
  bool silence_expected_ = false;
  bool send_buffer_bound_ = false;
  bool receiver_waits_ = false;
  bool sender_waits_ = false;
  int reads_in_a_row_ = 0;  // without anybody else's turn
  Wakeup received_;
  Wakeup writable_;
  std::function<void()> on_end_;

  // The timer is left alone while it would go off before the deadline anyway: most deadlines are moved long before
  // they pass, and moving a timer is dear.
  boost::asio::steady_timer timer_;
  TimePoint deadline_ = TimePoint::max();
  TimePoint armed_ = TimePoint::max();
  std::uint64_t timer_number_ = 0;
  bool timed_out_ = false;
};

}  // namespace mosaic
