#include "http/wait_limit.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <system_error>

namespace mosaic {
namespace {

// Rounded up: a poll that ends a fraction early would spin on the rest.
int milliseconds_until(std::chrono::steady_clock::time_point until) {
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
  return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 3'600'000));
}

}  // namespace

Interrupt::Interrupt() : descriptor_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (descriptor_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
}

Interrupt::~Interrupt() { ::close(descriptor_); }

void Interrupt::raise() noexcept {
  const std::uint64_t one = 1;
  // Can only fail when the counter is full, and then it is raised already.
  [[maybe_unused]] const auto written = ::write(descriptor_, &one, sizeof one);
}

bool Interrupt::raised() const noexcept {
  pollfd polled{descriptor_, POLLIN, 0};
  return ::poll(&polled, 1, 0) > 0;
}

bool Interrupt::wait_for(std::chrono::milliseconds time) const {
  return wait_for_socket(descriptor_, POLLIN, WaitLimit::in(time)) == WaitOutcome::ready;
}

WaitOutcome wait_for_socket(int descriptor, short events, const WaitLimit& limit) {
  std::array<pollfd, 2> polled{
      pollfd{descriptor, events, 0},
      pollfd{limit.interrupt != nullptr ? limit.interrupt->descriptor() : -1, POLLIN, 0}};
  for (;;) {
    const int time_ms = milliseconds_until(limit.until);
    const int ready = ::poll(polled.data(), polled.size(), time_ms);
    if (ready < 0) {
      if (errno == EINTR) continue;
      throw std::system_error(errno, std::generic_category(), "poll");
    }
    if (polled[1].revents != 0) return WaitOutcome::interrupted;
    if (polled[0].revents != 0) return WaitOutcome::ready;
    if (std::chrono::steady_clock::now() >= limit.until) return WaitOutcome::time_up;
  }
}

}  // namespace mosaic
