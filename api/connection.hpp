// One socket, to a client or to an agent: input that is read ahead, output that is handed to the kernel at once where
// there is room, and one deadline.
//
// Everything runs on the thread of the socket's executor, but for executor() itself. One coroutine at a time receives,
// one sends. At most one read is outstanding and it stays so between messages, so that a peer that goes away is noticed
// without a system call of its own. Input that nobody takes is bounded.
#pragma once

#include <array>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "api/wakeup.hpp"

namespace mosaic {

// Written in this order as if they were one; they must stay until sending is over.
using SendParts = std::array<std::string_view, 3>;

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  explicit Connection(boost::asio::ip::tcp::socket socket);

  boost::asio::any_io_executor executor() { return socket_.get_executor(); }

  // For a socket that is not connected yet. False: refused, unreachable, or not within the time.
  boost::asio::awaitable<bool> connect(boost::asio::ip::tcp::endpoint endpoint,
                                       std::chrono::milliseconds limit);

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

  void end_sending();
  void close();

 private:
  using TimePoint = std::chrono::steady_clock::time_point;

  bool start_reading();
  bool make_room();
  void on_read(const boost::system::error_code& error, std::size_t bytes);
  void arm(TimePoint at);
  void on_timer();

  boost::asio::ip::tcp::socket socket_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  bool reading_ = false;
  bool receiver_waits_ = false;
  bool read_failed_ = false;
  bool read_was_full_ = false;  // the next one may well be larger
  bool ended_ = false;
  bool silence_expected_ = false;
  bool send_buffer_bound_ = false;
  Wakeup received_;
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
