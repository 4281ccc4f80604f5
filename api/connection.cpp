#include "api/connection.hpp"

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstring>
#include <utility>

namespace mosaic {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t small_buffer_bytes = 2 * 1024;
constexpr std::size_t kept_buffer_bytes = 4 * 1024;  // more is given back once it is empty
constexpr std::size_t grown_buffer_bytes =
    32 * 1024;                                       // for input that comes faster than it is taken
constexpr std::size_t max_buffer_bytes = 64 * 1024;  // no more input than this is read ahead
constexpr std::size_t least_room_bytes = 512;        // a read for less is not worth it
constexpr int stream_buffer_bytes = 64 * 1024;

}  // namespace

Connection::Connection(tcp::socket socket)
    : socket_(std::move(socket)), timer_(socket_.get_executor()) {
  error_code ignored;  // a socket that is broken already says so when it is used
  socket_.non_blocking(true, ignored);
}

asio::awaitable<bool> Connection::connect(tcp::endpoint endpoint, std::chrono::milliseconds limit) {
  error_code error;
  socket_.open(endpoint.protocol(), error);
  if (error) co_return false;
  // What an agent sends and nobody takes must not pile up in the kernel.
  socket_.set_option(asio::socket_base::receive_buffer_size(stream_buffer_bytes), error);
  socket_.set_option(tcp::no_delay(true), error);
  socket_.non_blocking(true, error);
  set_deadline(limit);
  co_await socket_.async_connect(endpoint, asio::redirect_error(asio::use_awaitable, error));
  const bool connected = !error && !timed_out_;
  lift_deadline();
  co_return connected;
}

bool Connection::make_room() {
  if (begin_ == end_) {
    begin_ = end_ = 0;
    if (buffer_.size() > kept_buffer_bytes && !read_was_full_) std::vector<char>().swap(buffer_);
  }
  const bool small = read_was_full_ && buffer_.size() < grown_buffer_bytes;
  if (buffer_.size() - end_ >= least_room_bytes && !small) return true;
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (small || (buffer_.size() - end_ < least_room_bytes && buffer_.size() < max_buffer_bytes))
    buffer_.resize(std::max(small_buffer_bytes, buffer_.size() * 2));
  return end_ < buffer_.size();
}

// False when nothing can be read now: it is over, or there is no room.
bool Connection::start_reading() {
  if (reading_) return true;
  if (ended_ || !make_room()) return false;
  reading_ = true;
  read_failed_ = false;
  socket_.async_read_some(asio::buffer(buffer_.data() + end_, buffer_.size() - end_),
                          [self = shared_from_this()](const error_code& error, std::size_t bytes) {
                            self->on_read(error, bytes);
                          });
  return true;
}

void Connection::on_read(const error_code& error, std::size_t bytes) {
  reading_ = false;
  read_was_full_ = bytes == buffer_.size() - end_;
  end_ += bytes;
  read_failed_ = static_cast<bool>(error);
  // Cancelled is what a deadline does; there may still be something to say to the client.
  if (error && error != asio::error::operation_aborted) ended_ = true;
  if (receiver_waits_) {
    receiver_waits_ = false;
    received_.notify();
    return;
  }
  if (!on_end_) return;
  if (error || silence_expected_) {
    const auto tell = std::exchange(on_end_, nullptr);
    tell();
  } else {
    start_reading();
  }
}

asio::awaitable<bool> Connection::receive() {
  if (timed_out_ || !start_reading()) co_return false;
  receiver_waits_ = true;
  co_await received_.wait();
  co_return !read_failed_ && !timed_out_;
}

void Connection::watch_silence(std::function<void()> on_end) {
  watch(std::move(on_end));
  silence_expected_ = true;
}

void Connection::watch(std::function<void()> on_end) {
  silence_expected_ = false;
  on_end_ = std::move(on_end);
  start_reading();
}

Connection::Sent Connection::send_now(SendParts& parts) {
  while (true) {
    std::array<asio::const_buffer, 3> buffers;
    std::size_t rest = 0;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      buffers[i] = asio::buffer(parts[i].data(), parts[i].size());
      rest += parts[i].size();
    }
    if (rest == 0) return Sent::all;
    error_code error;
    // One buffer goes by a cheaper call than several.
    std::size_t sent = rest == parts[0].size() ? socket_.write_some(asio::buffer(buffers[0]), error)
                                               : socket_.write_some(buffers, error);
    if (error == asio::error::would_block || error == asio::error::try_again) return Sent::some;
    if (error) return Sent::failed;
    for (auto& part : parts) {
      const auto taken = std::min(sent, part.size());
      part.remove_prefix(taken);
      sent -= taken;
    }
  }
}

asio::awaitable<bool> Connection::send(SendParts parts, std::chrono::milliseconds limit) {
  auto sent = send_now(parts);
  if (sent == Sent::some) {
    set_deadline(limit);
    while (sent == Sent::some && !timed_out_) {
      error_code error;
      co_await socket_.async_wait(tcp::socket::wait_write,
                                  asio::redirect_error(asio::use_awaitable, error));
      if (error) break;
      sent = send_now(parts);
    }
    if (!timed_out_) lift_deadline();
  }
  co_return sent == Sent::all;
}

void Connection::bound_send_buffer() {
  if (send_buffer_bound_) return;
  send_buffer_bound_ = true;
  error_code ignored;  // then the kernel's own bound is in force
  socket_.set_option(asio::socket_base::send_buffer_size(stream_buffer_bytes), ignored);
}

void Connection::set_deadline(std::chrono::milliseconds from_now) {
  timed_out_ = false;
  deadline_ = SteadyClock::now() + from_now;
  if (deadline_ < armed_) arm(deadline_);
}

void Connection::lift_deadline() {
  timed_out_ = false;
  deadline_ = TimePoint::max();
}

void Connection::arm(TimePoint at) {
  armed_ = at;
  timer_.expires_at(at);
  timer_.async_wait(
      [weak = weak_from_this(), number = ++timer_number_](const error_code& cancelled) {
        const auto self = weak.lock();
        if (!cancelled && self && self->timer_number_ == number) self->on_timer();
      });
}

void Connection::on_timer() {
  armed_ = TimePoint::max();
  if (deadline_ == TimePoint::max()) return;
  if (SteadyClock::now() < deadline_) return arm(deadline_);
  deadline_ = TimePoint::max();
  timed_out_ = true;
  error_code ignored;  // nothing to cancel is as well
  socket_.cancel(ignored);
}

void Connection::end_sending() {
  error_code ignored;  // the peer may be gone already
  socket_.shutdown(tcp::socket::shutdown_send, ignored);
}

void Connection::close() {
  ended_ = true;
  deadline_ = TimePoint::max();
  timer_.cancel();
  error_code ignored;  // closed is closed
  socket_.shutdown(tcp::socket::shutdown_both, ignored);
  socket_.close(ignored);
}

}  // namespace mosaic
