// Lets one coroutine wait until somebody on the same thread says so.
//
// All members on one executor's thread. At most one coroutine waits at a time. A notice that comes while nobody waits
// is kept for the next wait.
#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstddef>
#include <new>
#include <utility>

// Memory for coroutines is taken in one way in the whole program: see api/CMakeLists.txt.
#if !defined(BOOST_ASIO_DISABLE_STD_ALIGNED_ALLOC) || !defined(BOOST_ASIO_DISABLE_BOOST_ALIGN)
#error "this source is not in the list of api/CMakeLists.txt"
#endif

namespace mosaic {

class Wakeup {
 public:
  Wakeup() = default;
  ~Wakeup() {
    if (act_ != nullptr) act_(room_, false);
  }
  Wakeup(const Wakeup&) = delete;
  Wakeup& operator=(const Wakeup&) = delete;

  // Resumes the waiter before it returns.
  void notify() {
    if (act_ == nullptr) {
      notified_ = true;
      return;
    }
    std::exchange(act_, nullptr)(room_, true);
  }

  boost::asio::awaitable<void> wait() {
    if (std::exchange(notified_, false)) return go_on();
    auto keep_handler = [this](auto handler) { keep(std::move(handler)); };
    return boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void()>(
        keep_handler, boost::asio::use_awaitable);
  }

 private:
  static boost::asio::awaitable<void> go_on() { co_return; }

  // In a room of our own: this happens once or twice per request.
  template <typename Handler>
  void keep(Handler handler) {
    static_assert(sizeof(Handler) <= room_bytes && alignof(Handler) <= alignof(void*));
    new (room_) Handler(std::move(handler));
    act_ = [](void* room, bool resume) {
      auto* const kept = static_cast<Handler*>(room);
      Handler taken(std::move(*kept));
      kept->~Handler();
      if (resume) std::move(taken)();
    };
  }

  static constexpr std::size_t room_bytes = 64;
  alignas(void*) unsigned char room_[room_bytes];
  void (*act_)(void* room, bool resume) = nullptr;
  bool notified_ = false;
};

}  // namespace mosaic
