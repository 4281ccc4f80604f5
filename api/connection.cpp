#include "api/connection.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cerrno>
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
constexpr std::size_t gathered_bytes =
    4 * 1024;  // so little is copied together: it is cheaper than several buffers
constexpr int most_reads_in_a_row = 16;  // then the loop's other connections have their turn

bool would_block() { return errno == EAGAIN || errno == EWOULDBLOCK; }

// What an option is good for is said where it is set; without it the connection works as well.
void set_option(int socket, int level, int name, int value) {
  ::setsockopt(socket, level, name, &value, sizeof value);
}

std::size_t size_of(const SendParts& parts) {
  std::size_t size = 0;
  for (const auto& part : parts) size += part.size();
  return size;
}

using Gathered = std::array<char, gathered_bytes>;

std::string_view gather(const SendParts& parts, Gathered& message) {
  auto* end = message.data();
  for (const auto& part : parts) end = std::copy(part.begin(), part.end(), end);
  return {message.data(), static_cast<std::size_t>(end - message.data())};
}

ssize_t send_gathered(int socket, const SendParts& parts) {
  Gathered message;
  const auto bytes = gather(parts, message);
  return ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

ssize_t send_vector(int socket, const SendParts& parts) {
  std::array<iovec, std::tuple_size_v<SendParts>> buffers;
  std::transform(parts.begin(), parts.end(), buffers.begin(), [](std::string_view part) {
    return iovec{const_cast<char*>(part.data()), part.size()};
  });
  msghdr message{};
  message.msg_iov = buffers.data();
  message.msg_iovlen = buffers.size();
  return ::sendmsg(socket, &message, MSG_NOSIGNAL);
}

}  // namespace

Connection::Connection(tcp::socket socket) : timer_(socket.get_executor()) {
  error_code error;  // a socket that is broken already says so when it is used
  socket.non_blocking(true, error);
  socket_ = socket.release(error);
}

Connection::Connection(const asio::any_io_executor& executor) : timer_(executor) {}

Connection::~Connection() { close_socket(); }

bool Connection::ensure_watched() {
  if (reactor_ != nullptr) return true;
  if (socket_ < 0) return false;
  auto& reactor = SocketReactor::of(executor());
  if (!reactor.add(socket_, *this)) return false;
  reactor_ = &reactor;
  return true;
}

// --- connecting ---

bool Connection::open(const tcp::endpoint& endpoint) {
  socket_ = ::socket(endpoint.protocol().family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket_ < 0) return false;
  readable_ = false;
  // What an agent sends and nobody takes must not pile up in the kernel.
  set_option(socket_, SOL_SOCKET, SO_RCVBUF, stream_buffer_bytes);
  set_option(socket_, IPPROTO_TCP, TCP_NODELAY, 1);
  const int refused = ::connect(socket_, endpoint.data(), static_cast<socklen_t>(endpoint.size()));
  return (refused == 0 || errno == EINPROGRESS) && ensure_watched();
}

asio::awaitable<bool> Connection::connect(tcp::endpoint endpoint, std::chrono::milliseconds limit) {
  if (!open(endpoint)) co_return false;
  set_deadline(limit);
  co_await wait_until_writable();
  if (timed_out_ || ended_) co_return false;
  lift_deadline();
  int failure = 0;
  socklen_t size = sizeof failure;
  const int unknown = ::getsockopt(socket_, SOL_SOCKET, SO_ERROR, &failure, &size);
  co_return unknown == 0 && failure == 0;
}

asio::awaitable<bool> Connection::secure(const TlsContext& context, std::string host,
                                         std::chrono::milliseconds limit) {
  using Step = TlsSession::Step;
  tls_ = std::make_unique<TlsSession>(context, socket_, host);
  set_deadline(limit);
  auto step = tls_->handshake();
  while (step == Step::wants_read || step == Step::wants_write) {
    if (step == Step::wants_write) {
      co_await wait_until_writable();
    } else {
      receiver_waits_ = true;
      co_await received_.wait();
    }
    if (timed_out_ || ended_) co_return false;
    step = tls_->handshake();
  }
  lift_deadline();
  if (step != Step::done) tls_failure_ = tls_->why_no_handshake();
  readable_ = true;  // something may have come with the handshake's last message
  co_return step == Step::done;
}

// --- what the reactor says ---

void Connection::on_ready(SocketReactor::Readiness now) {
  const auto self = shared_from_this();  // whoever is woken may let go of it
  // What TLS waits for may be the other direction.
  const bool either = tls_ && (now.readable || now.writable);
  readable_ = readable_ || now.readable || either;
  peer_ended_ = peer_ended_ || now.ended;
  if ((now.writable || either) && sender_waits_) wake_sender();
  if (!readable_) return;
  if (receiver_waits_) return wake_receiver();
  read_for_watcher();
}

void Connection::wake_receiver() {
  if (!std::exchange(receiver_waits_, false)) return;
  received_.notify();
}

void Connection::wake_sender() {
  if (!std::exchange(sender_waits_, false)) return;
  writable_.notify();
}

// --- reading ---

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

Connection::Read Connection::read_now() {
  if (ended_ || socket_ < 0) return Read::ended;
  if (!make_room()) return Read::no_room;
  if (tls_) return read_secured();
  const auto room = buffer_.size() - end_;
  ssize_t bytes = 0;
  do {
    bytes = ::recv(socket_, buffer_.data() + end_, room, 0);
  } while (bytes < 0 && errno == EINTR);
  if (bytes > 0) {
    read_was_full_ = static_cast<std::size_t>(bytes) == room;
    end_ += static_cast<std::size_t>(bytes);
    // Less than there was room for is all that there is, and more will be told; the end is told only once.
    readable_ = read_was_full_ || peer_ended_;
    return Read::something;
  }
  read_was_full_ = false;
  if (bytes < 0 && would_block()) {
    readable_ = false;
    return Read::nothing_yet;
  }
  ended_ = true;
  return Read::ended;
}

// Only a read that finds nothing tells that there is nothing: the session keeps what the kernel gave it.
Connection::Read Connection::read_secured() {
  using Step = TlsSession::Step;
  std::size_t got = 0;
  const auto step = tls_->read(buffer_.data() + end_, buffer_.size() - end_, got);
  end_ += got;
  read_was_full_ = step == Step::done && end_ == buffer_.size();
  if (step == Step::done) return Read::something;
  readable_ = false;
  if (step == Step::wants_read || step == Step::wants_write) return Read::nothing_yet;
  cut_off_ = step != Step::ended;
  ended_ = true;
  return Read::ended;
}

asio::awaitable<bool> Connection::receive() {
  while (!timed_out_) {
    if (readable_ && reads_in_a_row_ < most_reads_in_a_row) {
      const auto read = read_now();
      ++reads_in_a_row_;
      if (read != Read::nothing_yet) co_return read == Read::something;
    }
    if (ended_ || !ensure_watched()) co_return false;
    if (readable_) look_again();
    reads_in_a_row_ = 0;
    receiver_waits_ = true;
    co_await received_.wait();
    if (ended_) co_return false;
  }
  co_return false;
}

// As if the reactor had said so once more, when it is this connection's turn again.
void Connection::look_again() {
  asio::post(executor(), [self = shared_from_this()] { self->on_ready({}); });
}

void Connection::watch_silence(std::function<void()> on_end) {
  watch(std::move(on_end));
  silence_expected_ = true;
}

void Connection::watch(std::function<void()> on_end) {
  silence_expected_ = false;
  on_end_ = std::move(on_end);
  ensure_watched();
  if (readable_) look_again();
}

void Connection::read_for_watcher() {
  while (on_end_ && readable_) {
    const auto read = read_now();
    const bool spoke = read == Read::something && silence_expected_;
    if (read == Read::ended || spoke) return tell_end();
    if (read != Read::something) return;
  }
}

void Connection::tell_end() {
  const auto tell = std::exchange(on_end_, nullptr);
  tell();
}

// --- writing ---

// As the system's send(). Asked again with the same parts, it offers the same bytes, as TLS wants it.
ssize_t Connection::send_secured(const SendParts& parts) {
  using Step = TlsSession::Step;
  errno = EPIPE;
  if (socket_ < 0) return -1;
  Gathered message;
  const auto* const first =
      std::find_if(parts.begin(), parts.end(), [](const auto& part) { return !part.empty(); });
  const auto bytes = size_of(parts) <= gathered_bytes ? gather(parts, message) : *first;
  std::size_t sent = 0;
  const auto step = tls_->write(bytes, sent);
  if (step == Step::done) return static_cast<ssize_t>(sent);
  errno = step == Step::wants_read || step == Step::wants_write ? EAGAIN : EPIPE;
  return -1;
}

Connection::Sent Connection::send_now(SendParts& parts) {
  while (true) {
    const auto rest = size_of(parts);
    if (rest == 0) return Sent::all;
    auto sent = tls_                     ? send_secured(parts)
                : rest <= gathered_bytes ? send_gathered(socket_, parts)
                                         : send_vector(socket_, parts);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return would_block() ? Sent::some : Sent::failed;
    for (auto& part : parts) {
      const auto taken = std::min(static_cast<std::size_t>(sent), part.size());
      part.remove_prefix(taken);
      sent -= static_cast<ssize_t>(taken);
    }
  }
}

asio::awaitable<bool> Connection::send(SendParts parts, std::chrono::milliseconds limit) {
  auto sent = send_now(parts);
  if (sent == Sent::some) {
    set_deadline(limit);
    while (sent == Sent::some && !timed_out_ && ensure_watched()) {
      co_await wait_until_writable();
      if (!timed_out_) sent = send_now(parts);
    }
    if (!timed_out_) lift_deadline();
  }
  co_return sent == Sent::all;
}

asio::awaitable<void> Connection::wait_until_writable() {
  sender_waits_ = true;
  co_await writable_.wait();
}

void Connection::bound_send_buffer() {
  if (std::exchange(send_buffer_bound_, true)) return;
  set_option(socket_, SOL_SOCKET, SO_SNDBUF, stream_buffer_bytes);
}

// --- deadlines and the end ---

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
  wake_sender();
  wake_receiver();
}

void Connection::end_sending() { ::shutdown(socket_, SHUT_WR); }

void Connection::close() {
  const bool awaited = receiver_waits_ || sender_waits_;
  ended_ = true;
  deadline_ = TimePoint::max();
  timer_.cancel();
  close_socket();
  if (!awaited) return;
  // Not within this call: whoever waits may well be done with what the caller still uses.
  asio::post(executor(), [self = shared_from_this()] {
    self->wake_sender();
    self->wake_receiver();
  });
}

void Connection::close_socket() {
  if (socket_ < 0) return;
  if (auto* const reactor = std::exchange(reactor_, nullptr)) reactor->remove(socket_, *this);
  ::shutdown(socket_, SHUT_RDWR);
  ::close(std::exchange(socket_, -1));
}

}  // namespace mosaic
