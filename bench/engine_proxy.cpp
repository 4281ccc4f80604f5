#include "bench/engine_proxy.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string_view>

namespace mosaic::bench {
namespace {

constexpr int poll_ms = 200;  // how soon the threads see that they are to stop
constexpr int longest_queue = 64;
constexpr std::size_t most_calls = 100'000;

sockaddr_un address_of(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.string().size() >= sizeof address.sun_path)
    throw std::runtime_error("the path of a socket is too long");
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  return address;
}

int new_socket() {
  const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0) throw std::runtime_error(std::string("no socket: ") + std::strerror(errno));
  return socket;
}

bool send_all(int socket, const char* bytes, std::size_t size) {
  while (size > 0) {
    const ssize_t sent = ::send(socket, bytes, size, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    bytes += sent;
    size -= static_cast<std::size_t>(sent);
  }
  return true;
}

}  // namespace

EngineProxy::EngineProxy(std::filesystem::path socket, std::filesystem::path engine_socket)
    : socket_(std::move(socket)), engine_socket_(std::move(engine_socket)) {
  listener_ = new_socket();
  const sockaddr_un address = address_of(socket_);
  const bool listens =
      ::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
      ::listen(listener_, longest_queue) == 0;
  if (!listens) {
    ::close(listener_);
    throw std::runtime_error("cannot listen on " + socket_.string() + ": " + std::strerror(errno));
  }
  acceptor_ = std::thread([this] { accept_connections(); });
}

EngineProxy::~EngineProxy() {
  stopping_ = true;
  acceptor_.join();
  for (auto& relay : relays_) relay.join();
  ::close(listener_);
  ::unlink(socket_.c_str());
}

std::vector<EngineCallSeen> EngineProxy::take() {
  const std::lock_guard lock(mutex_);
  first_number_ += calls_.size();
  std::vector<EngineCallSeen> taken;
  taken.swap(calls_);
  return taken;
}

void EngineProxy::accept_connections() {
  while (!stopping_) {
    pollfd waiting{listener_, POLLIN, 0};
    if (::poll(&waiting, 1, poll_ms) <= 0) continue;
    const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) continue;
    const int engine = new_socket();
    const sockaddr_un address = address_of(engine_socket_);
    if (::connect(engine, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      ::close(client);
      ::close(engine);
      continue;
    }
    relays_.emplace_back([this, client, engine] { relay(client, engine); });
  }
}

// The client asks one thing at a time on a connection, so bytes from it that follow an answer begin a request.
void EngineProxy::relay(int client, int engine) {
  std::array<char, 64 * 1024> buffer;
  bool between_requests = true;
  std::optional<std::size_t> open_call;
  bool open = true;
  while (open && !stopping_) {
    std::array<pollfd, 2> waiting{pollfd{client, POLLIN, 0}, pollfd{engine, POLLIN, 0}};
    if (::poll(waiting.data(), waiting.size(), poll_ms) <= 0) continue;
    if (waiting[0].revents != 0) {
      const ssize_t size = ::recv(client, buffer.data(), buffer.size(), 0);
      if (size > 0 && between_requests)
        open_call = note_request(buffer.data(), static_cast<std::size_t>(size));
      between_requests = false;
      open = size > 0 && send_all(engine, buffer.data(), static_cast<std::size_t>(size));
    }
    if (open && waiting[1].revents != 0) {
      const ssize_t size = ::recv(engine, buffer.data(), buffer.size(), 0);
      if (open_call) note_answer(*open_call);
      open_call.reset();
      between_requests = true;
      open = size > 0 && send_all(client, buffer.data(), static_cast<std::size_t>(size));
    }
  }
  ::close(client);
  ::close(engine);
}

std::optional<std::size_t> EngineProxy::note_request(const char* bytes, std::size_t size) {
  const Steady::time_point now = Steady::now();
  const std::string_view text(bytes, size);
  const auto method_end = text.find(' ');
  const auto target_end = text.find(' ', method_end + 1);
  if (method_end == std::string_view::npos || target_end == std::string_view::npos)
    return std::nullopt;
  const std::lock_guard lock(mutex_);
  if (calls_.size() >= most_calls) return std::nullopt;
  calls_.push_back(EngineCallSeen{
      std::string(text.substr(0, method_end)),
      std::string(text.substr(method_end + 1, target_end - method_end - 1)), now, std::nullopt});
  return first_number_ + calls_.size() - 1;
}

void EngineProxy::note_answer(std::size_t number) {
  const std::lock_guard lock(mutex_);
  if (number >= first_number_) calls_[number - first_number_].answered_at = Steady::now();
}

}  // namespace mosaic::bench
