// A service of the host on all of its addresses: what does not reach it is kept away, not merely unlucky.
//
// Answers on a thread of its own until it is destroyed.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

namespace mosaic::e2e {

class Decoy {
 public:
  explicit Decoy(std::string answer = "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n")
      : answer_(std::move(answer)), socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    socklen_t size = sizeof address;
    const bool listens = ::bind(socket_, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                         ::listen(socket_, 16) == 0 &&
                         ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size) == 0;
    if (!listens) throw std::runtime_error("no decoy can listen");
    port_ = std::to_string(ntohs(address.sin_port));
    thread_ = std::thread([this] { answer_everybody(); });
  }
  ~Decoy() {
    ::shutdown(socket_, SHUT_RDWR);  // ends accept()
    thread_.join();
    ::close(socket_);
  }
  Decoy(const Decoy&) = delete;
  Decoy& operator=(const Decoy&) = delete;
  const std::string& port() const { return port_; }

 private:
  void answer_everybody() const {
    for (int peer; (peer = ::accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC)) >= 0;
         ::close(peer)) {
      char request[4096];
      if (::recv(peer, request, sizeof request, 0) < 0) continue;
      if (::send(peer, answer_.data(), answer_.size(), MSG_NOSIGNAL) < 0) continue;
    }
  }

  const std::string answer_;
  int socket_;
  std::string port_;
  std::thread thread_;
};

}  // namespace mosaic::e2e
