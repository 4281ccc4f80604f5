#include "store/answer_watch.hpp"

#include <sys/socket.h>

namespace mosaic {

AnswerWatch::Guard::Guard(AnswerWatch& watch, int socket, SteadyTime deadline)
    : watch_(watch), socket_(socket) {
  const std::lock_guard lock(watch_.mutex_);
  place_ = watch_.waiting_.emplace(deadline, this);
  if (!watch_.thread_.joinable()) watch_.thread_ = std::thread([&watch] { watch.run(); });
  // The thread is only woken when it would look too late, which is once per time-out and not once per statement.
  if (deadline >= watch_.next_look_) return;
  watch_.next_look_ = deadline;
  watch_.changed_.notify_one();
}

AnswerWatch::Guard::~Guard() {
  const std::lock_guard lock(watch_.mutex_);
  if (!overdue_) watch_.waiting_.erase(place_);
}

bool AnswerWatch::Guard::overdue() const {
  const std::lock_guard lock(watch_.mutex_);
  return overdue_;
}

AnswerWatch::~AnswerWatch() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void AnswerWatch::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const SteadyTime now = std::chrono::steady_clock::now();
    while (!waiting_.empty() && waiting_.begin()->first <= now) {
      Guard& guard = *waiting_.begin()->second;
      waiting_.erase(waiting_.begin());
      guard.overdue_ = true;
      shutdown(guard.socket_, SHUT_RDWR);
    }
    next_look_ = waiting_.empty() ? SteadyTime::max() : waiting_.begin()->first;
    if (next_look_ == SteadyTime::max()) {
      changed_.wait(lock, [&] { return stopping_ || next_look_ != SteadyTime::max(); });
    } else {
      const SteadyTime until = next_look_;
      changed_.wait_until(lock, until, [&] { return stopping_ || next_look_ < until; });
    }
  }
}

}  // namespace mosaic
