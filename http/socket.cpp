#include "http/socket.hpp"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <future>
#include <thread>
#include <utility>

#include "http/http_error.hpp"

namespace mosaic {
namespace {

[[noreturn]] void throw_connect_error(const std::string& where, int error_number) {
  throw HttpError(HttpErrorKind::cannot_connect, where + ": " + std::strerror(error_number),
                  error_number);
}

void set_option(int descriptor, int level, int option, int value) {
  // Tuning only: a kernel that refuses it still gives a working connection.
  (void)::setsockopt(descriptor, level, option, &value, sizeof value);
}

using AddressList = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

struct Resolution {
  int error = 0;
  AddressList addresses{nullptr, &::freeaddrinfo};
};

Resolution resolve_now(const std::string& host, std::uint16_t port, int flags) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  Resolution resolution;
  resolution.error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  resolution.addresses.reset(found);
  return resolution;
}

// The resolver of libc has no deadline, so a name that is not an address is looked up on a thread of its own, which
// ends with the resolver's own limits when we no longer wait for it.
AddressList resolve(const std::string& host, std::uint16_t port, const WaitLimit& limit) {
  Resolution numeric = resolve_now(host, port, AI_NUMERICHOST);
  if (numeric.error == 0) return std::move(numeric.addresses);
  auto promise = std::make_shared<std::promise<Resolution>>();
  std::future<Resolution> future = promise->get_future();
  std::thread([promise, host, port] { promise->set_value(resolve_now(host, port, 0)); }).detach();
  while (future.wait_for(std::chrono::milliseconds(20)) != std::future_status::ready) {
    if (limit.interrupt != nullptr && limit.interrupt->raised()) {
      throw HttpError(HttpErrorKind::interrupted, "interrupted");
    }
    if (std::chrono::steady_clock::now() >= limit.until) {
      throw HttpError(HttpErrorKind::time_up, "the name " + host + " is not resolved in time");
    }
  }
  Resolution resolution = future.get();
  if (resolution.error != 0) {
    throw HttpError(HttpErrorKind::cannot_connect, host + ": " + ::gai_strerror(resolution.error));
  }
  return std::move(resolution.addresses);
}

// errno of the attempt, 0 when connected.
int connect_to(const Socket& socket, const addrinfo& address, const WaitLimit& limit) {
  if (::connect(socket.descriptor(), address.ai_addr, address.ai_addrlen) == 0) return 0;
  if (errno != EINPROGRESS) return errno;
  await_socket(socket.descriptor(), POLLOUT, limit);
  int error_number = 0;
  socklen_t size = sizeof error_number;
  ::getsockopt(socket.descriptor(), SOL_SOCKET, SO_ERROR, &error_number, &size);
  return error_number;
}

void tune_tcp(int descriptor) {
  set_option(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
  // A peer that vanished without a word is noticed within a minute, also on a silent event stream.
  set_option(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, 30);
  set_option(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, 10);
  set_option(descriptor, IPPROTO_TCP, TCP_KEEPCNT, 3);
}

}  // namespace

Socket::~Socket() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Socket& Socket::operator=(Socket&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

Socket connect_local(const std::string& path, const WaitLimit& limit) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    throw HttpError(HttpErrorKind::cannot_connect, path + ": longer than a socket's path may be",
                    ENAMETOOLONG);
  }
  std::copy(path.begin(), path.end(), address.sun_path);
  Socket socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (socket.descriptor() < 0) throw_connect_error(path, errno);
  // A local connect waits only while the server's queue is full, and nothing can be polled meanwhile: a send
  // timeout bounds it.
  const auto left = std::max(
      std::chrono::ceil<std::chrono::microseconds>(limit.until - std::chrono::steady_clock::now()),
      std::chrono::microseconds(1000));
  timeval timeout{};
  timeout.tv_sec = static_cast<time_t>(left.count() / 1'000'000);
  timeout.tv_usec = static_cast<suseconds_t>(left.count() % 1'000'000);
  ::setsockopt(socket.descriptor(), SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
  int outcome = 0;
  do {
    outcome =
        ::connect(socket.descriptor(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  } while (outcome != 0 && errno == EINTR);
  if (outcome != 0) {
    if (errno == EAGAIN) throw HttpError(HttpErrorKind::time_up, path + ": not accepted in time");
    throw_connect_error(path, errno);
  }
  ::fcntl(socket.descriptor(), F_SETFL, O_NONBLOCK);
  return socket;
}

Socket connect_tcp(const std::string& host, std::uint16_t port, const WaitLimit& limit) {
  const AddressList addresses = resolve(host, port, limit);
  int error_number = EADDRNOTAVAIL;
  for (const addrinfo* address = addresses.get(); address != nullptr; address = address->ai_next) {
    Socket socket(::socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    error_number = socket.descriptor() < 0 ? errno : connect_to(socket, *address, limit);
    if (error_number == 0) {
      tune_tcp(socket.descriptor());
      return socket;
    }
  }
  throw_connect_error(host + ":" + std::to_string(port), error_number);
}

std::optional<IpAddress> address_of(const sockaddr* address) {
  if (address == nullptr) return std::nullopt;
  IpAddress::Bytes bytes{};
  if (address->sa_family == AF_INET6) {
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(address);
    std::copy_n(v6->sin6_addr.s6_addr, 16, bytes.begin());
    return IpAddress(bytes);
  }
  if (address->sa_family != AF_INET) return std::nullopt;
  const auto* v4 = reinterpret_cast<const sockaddr_in*>(address);
  bytes[10] = bytes[11] = 0xff;
  std::copy_n(reinterpret_cast<const std::uint8_t*>(&v4->sin_addr), 4, bytes.begin() + 12);
  return IpAddress(bytes);
}

std::vector<IpAddress> resolve_addresses(const std::string& host, const WaitLimit& limit) {
  const AddressList list = resolve(host, 0, limit);
  std::vector<IpAddress> addresses;
  for (const addrinfo* entry = list.get(); entry != nullptr; entry = entry->ai_next) {
    const auto address = address_of(entry->ai_addr);
    if (!address) continue;
    if (std::find(addresses.begin(), addresses.end(), *address) == addresses.end())
      addresses.push_back(*address);
  }
  return addresses;
}

void await_socket(int descriptor, short events, const WaitLimit& limit) {
  switch (wait_for_socket(descriptor, events, limit)) {
    case WaitOutcome::ready:
      return;
    case WaitOutcome::time_up:
      throw HttpError(HttpErrorKind::time_up, "no answer in time");
    case WaitOutcome::interrupted:
      throw HttpError(HttpErrorKind::interrupted, "interrupted");
  }
}

bool socket_is_quiet(int descriptor) {
  pollfd polled{descriptor, POLLIN, 0};
  return ::poll(&polled, 1, 0) == 0;
}

std::size_t PlainStream::read_some(char* into, std::size_t size, const WaitLimit& limit) {
  for (;;) {
    const ssize_t got = ::recv(socket_.descriptor(), into, size, 0);
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
      await_socket(socket_.descriptor(), POLLIN, limit);
    } else if (errno == ECONNRESET) {
      return 0;
    } else if (errno != EINTR) {
      throw HttpError(HttpErrorKind::closed, std::string("read: ") + std::strerror(errno), errno);
    }
  }
}

void PlainStream::write_all(std::string_view bytes, const WaitLimit& limit) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_.descriptor(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      await_socket(socket_.descriptor(), POLLOUT, limit);
    } else if (errno != EINTR) {
      throw HttpError(HttpErrorKind::closed, std::string("write: ") + std::strerror(errno), errno);
    }
  }
}

}  // namespace mosaic
