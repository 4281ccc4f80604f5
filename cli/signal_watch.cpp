#include "cli/signal_watch.hpp"

#include <unistd.h>

namespace mosaic::cli {

SignalWatch::SignalWatch() {
  sigemptyset(&signals_);
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals_, number);
  pthread_sigmask(SIG_BLOCK, &signals_, &before_);
}

SignalWatch::~SignalWatch() {
  ended_ = true;
  if (impatience_.joinable()) impatience_.join();
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

std::optional<int> SignalWatch::wait(std::chrono::milliseconds limit) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(limit);
  const timespec timeout{seconds.count(), (limit - seconds).count() * 1'000'000};
  const int number = sigtimedwait(&signals_, nullptr, &timeout);
  return number > 0 ? std::optional<int>(number) : std::nullopt;
}

void SignalWatch::exit_on_next() {
  impatience_ = std::thread([this] {
    while (!ended_) {
      if (const auto number = wait(std::chrono::milliseconds(100))) ::_exit(128 + *number);
    }
  });
}

}  // namespace mosaic::cli
