// Tells connections of one I/O loop when their sockets are ready, so that a request costs no system call but its own
// reads and writes: Asio's sockets cost two more, a read that finds nothing for every wait.
//
// One epoll set per loop, edge-triggered, which lies in Asio's own: timers, notices from other threads and connections
// take turns on the loop's one thread. Every member runs on that thread, or once it has ended.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstddef>

namespace mosaic {

class SocketReactor final : public boost::asio::execution_context::service {
 public:
  // What may be possible now that was not before; only trying tells. A failure makes both possible.
  struct Readiness {
    bool readable = false;
    bool ended = false;  // the peer sends nothing more: there will be no other notice of it
    bool writable = false;
  };
  class Listener {
   public:
    virtual void on_ready(Readiness now) = 0;

   protected:
    ~Listener() = default;
  };

  using key_type = SocketReactor;
  static boost::asio::execution_context::id id;

  explicit SocketReactor(boost::asio::execution_context& loop);

  // The reactor of the loop that this executor runs on.
  static SocketReactor& of(const boost::asio::any_io_executor& executor);

  // Told of every change from here on, and at once of what is so already. False: the kernel has no room for it.
  bool add(int socket, Listener& listener);
  // The listener hears nothing more; from within on_ready() as well, whoever's that is.
  void remove(int socket, const Listener& listener);

 private:
  static constexpr std::size_t batch_size = 64;

  void shutdown() override;
  void wait();
  void serve();
  int serve_batch();

  boost::asio::posix::stream_descriptor set_;
  std::array<epoll_event, batch_size> batch_;  // of which begin_ to end_ are still to be told
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace mosaic
