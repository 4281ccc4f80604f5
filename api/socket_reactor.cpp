#include "api/socket_reactor.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/query.hpp>
#include <cerrno>
#include <system_error>

namespace mosaic {
namespace {

namespace asio = boost::asio;

// After so many notices the loop's timers and posts have their turn.
constexpr int most_in_a_row = 128;
// With fewer than this at once, more are unlikely to be there already.
constexpr int busy_batch = 4;

int make_set() {
  const int set = ::epoll_create1(EPOLL_CLOEXEC);
  if (set < 0) throw std::system_error(errno, std::generic_category(), "epoll_create1");
  return set;
}

}  // namespace

asio::execution_context::id SocketReactor::id;

SocketReactor::SocketReactor(asio::execution_context& loop)
    : service(loop), set_(static_cast<asio::io_context&>(loop), make_set()) {
  wait();
}

SocketReactor& SocketReactor::of(const asio::any_io_executor& executor) {
  return asio::use_service<SocketReactor>(asio::query(executor, asio::execution::context));
}

bool SocketReactor::add(int socket, Listener& listener) {
  epoll_event interest{};
  interest.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  interest.data.ptr = &listener;
  return ::epoll_ctl(set_.native_handle(), EPOLL_CTL_ADD, socket, &interest) == 0;
}

void SocketReactor::remove(int socket, const Listener& listener) {
  // Closing alone is not enough: a child process on its way to exec would keep the socket, and the set its listener.
  if (set_.is_open()) ::epoll_ctl(set_.native_handle(), EPOLL_CTL_DEL, socket, nullptr);
  for (auto i = begin_; i < end_; ++i) {
    if (batch_[i].data.ptr == &listener) batch_[i].data.ptr = nullptr;
  }
}

void SocketReactor::shutdown() {
  boost::system::error_code ignored;  // closed is closed
  set_.close(ignored);
}

void SocketReactor::wait() {
  set_.async_wait(asio::posix::descriptor_base::wait_read,
                  [this](const boost::system::error_code& error) {
                    if (!error) serve();
                  });
}

void SocketReactor::serve() {
  int served = 0;
  int last = busy_batch;
  while (last >= busy_batch && served < most_in_a_row) {
    last = serve_batch();
    served += last;
  }
  wait();
}

int SocketReactor::serve_batch() {
  const int count = ::epoll_wait(set_.native_handle(), batch_.data(), batch_size, 0);
  begin_ = 0;
  end_ = count > 0 ? static_cast<std::size_t>(count) : 0;
  while (begin_ < end_) {
    const auto& event = batch_[begin_++];
    auto* const listener = static_cast<Listener*>(event.data.ptr);
    if (listener == nullptr) continue;
    const bool failed = (event.events & (EPOLLERR | EPOLLHUP)) != 0;
    Readiness now;
    now.ended = failed || (event.events & EPOLLRDHUP) != 0;
    now.readable = now.ended || (event.events & EPOLLIN) != 0;
    now.writable = failed || (event.events & EPOLLOUT) != 0;
    listener->on_ready(now);
  }
  return count;
}

}  // namespace mosaic
