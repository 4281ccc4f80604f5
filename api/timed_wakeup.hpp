// Lets one coroutine wait for a notice or a moment, whichever comes first.
//
// All members on the executor's thread. At most one coroutine waits at a time. A notice that comes while nobody waits
// is kept for the next wait.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <utility>

namespace mosaic {

class TimedWakeup {
 public:
  explicit TimedWakeup(const boost::asio::any_io_executor& executor) : timer_(executor) {}

  void notify() {
    notified_ = true;
    timer_.cancel();
  }

  // True when there was a notice.
  boost::asio::awaitable<bool> wait_until(std::chrono::steady_clock::time_point moment) {
    if (!notified_) {
      timer_.expires_at(moment);
      boost::system::error_code cancelled;  // that is how a notice ends the wait
      co_await timer_.async_wait(
          boost::asio::redirect_error(boost::asio::use_awaitable, cancelled));
    }
    co_return std::exchange(notified_, false);
  }

 private:
  boost::asio::steady_timer timer_;
  bool notified_ = false;
};

}  // namespace mosaic
