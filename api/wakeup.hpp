// Lets one coroutine wait until somebody on the same thread says so.
//
// All members on one executor's thread. At most one coroutine waits at a time. A notice that comes while nobody waits
// is kept for the next wait.
#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <memory>
#include <utility>

namespace mosaic {

class Wakeup {
 public:
  // Resumes the waiter before it returns.
  void notify() {
    if (auto resume = std::exchange(resume_, nullptr)) {
      resume();
    } else {
      notified_ = true;
    }
  }

  boost::asio::awaitable<void> wait() {
    if (std::exchange(notified_, false)) co_return;
    auto keep_handler = [this](auto handler) {
      // std::function wants to be copied; handlers cannot be.
      auto shared = std::make_shared<decltype(handler)>(std::move(handler));
      resume_ = [shared = std::move(shared)] { std::move (*shared)(); };
    };
    auto waiting = boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void()>(
        keep_handler, boost::asio::use_awaitable);
    co_await std::move(waiting);
  }

 private:
  std::function<void()> resume_;
  bool notified_ = false;
};

}  // namespace mosaic
