#include "test/runtime/probe_http_server.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

namespace mosaic {

namespace {

int listen_on(std::uint16_t port, ProbeHttpServer::Reach reach, std::uint16_t& bound_port) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr =
      htonl(reach == ProbeHttpServer::Reach::loopback ? INADDR_LOOPBACK : INADDR_ANY);
  socklen_t size = sizeof address;
  if (::bind(listener, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::listen(listener, 1024) != 0 ||
      ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::system_error(errno, std::generic_category(), "test server");
  }
  bound_port = ntohs(address.sin_port);
  return listener;
}

void raise_to(std::atomic<int>& highest, int value) {
  int seen = highest;
  while (value > seen && !highest.compare_exchange_weak(seen, value)) {
  }
}

}  // namespace

ProbeHttpServer::ProbeHttpServer(Handler handler, std::uint16_t port, Reach reach)
    : handler_(std::move(handler)) {
  listener_ = listen_on(port, reach, port_);
  acceptor_ = std::thread([this] { accept_connections(); });
}

ProbeHttpServer::~ProbeHttpServer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stopped_.notify_all();
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  for (auto& connection : connections_) connection.join();
  ::close(listener_);
}

void ProbeHttpServer::accept_connections() {
  while (true) {
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0 && errno == EINTR) continue;
    if (socket < 0) return;
    connections_.emplace_back([this, socket] { serve(socket); });
  }
}

void ProbeHttpServer::serve(int socket) {
  const timeval limit{10, 0};
  ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  raise_to(most_at_once_, ++at_once_);
  std::string request;
  std::array<char, 4096> buffer;
  while (request.find("\r\n\r\n") == std::string::npos) {
    const auto received = ::recv(socket, buffer.data(), buffer.size(), 0);
    if (received <= 0) break;
    request.append(buffer.data(), static_cast<std::size_t>(received));
  }
  if (request.find("\r\n\r\n") != std::string::npos) {
    ++requests_;
    if (const auto answer = handler_(request)) {
      static_cast<void>(::send(socket, answer->data(), answer->size(), MSG_NOSIGNAL));
    } else {
      std::unique_lock lock(mutex_);
      stopped_.wait(lock, [this] { return stopping_; });
    }
  }
  --at_once_;
  ::close(socket);
}

std::string ProbeHttpServer::answer(int status, const std::string& body, const std::string& type) {
  return "HTTP/1.1 " + std::to_string(status) + " Whatever\r\nContent-Type: " + type +
         "\r\nContent-Length: " + std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n" +
         body;
}

std::uint16_t unused_port() {
  std::uint16_t port = 0;
  ::close(listen_on(0, ProbeHttpServer::Reach::loopback, port));
  return port;
}

}  // namespace mosaic
