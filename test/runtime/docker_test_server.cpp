#include "test/runtime/docker_test_server.hpp"

#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>

namespace mosaic {

namespace {
std::size_t body_size(const std::string& header) {
  const auto at = header.find("Content-Length: ");
  return at == std::string::npos ? 0 : std::stoul(header.substr(at + 16));
}
// Of the request that `buffer` begins with; 0: not known yet.
std::size_t request_size(const std::string& buffer, std::size_t header_end) {
  const std::string header = buffer.substr(0, header_end);
  if (header.find("Transfer-Encoding: chunked") == std::string::npos)
    return header_end + 4 + body_size(header);
  constexpr std::string_view last_chunk = "\r\n0\r\n\r\n";
  const auto end = buffer.find(last_chunk, header_end);
  return end == std::string::npos ? 0 : end + last_chunk.size();
}

}  // namespace

std::string DockerTestServer::Connection::read_request() {
  for (;;) {
    const auto header_end = buffer_.find("\r\n\r\n");
    if (header_end != std::string::npos) {
      const std::size_t size = request_size(buffer_, header_end);
      if (size > 0 && buffer_.size() >= size) {
        std::string request = buffer_.substr(0, size);
        buffer_.erase(0, size);
        return request;
      }
    }
    const WaitLimit limit = WaitLimit::in(std::chrono::seconds(30), &stop_);
    if (wait_for_socket(descriptor_, POLLIN, limit) != WaitOutcome::ready) return {};
    char piece[4096];
    const ssize_t got = ::recv(descriptor_, piece, sizeof piece, 0);
    if (got <= 0) return {};
    buffer_.append(piece, static_cast<std::size_t>(got));
  }
}

void DockerTestServer::Connection::send(const std::string& bytes) {
  std::string_view left = bytes;
  while (!left.empty()) {
    const ssize_t sent = ::send(descriptor_, left.data(), left.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    left.remove_prefix(static_cast<std::size_t>(sent));
  }
}

void DockerTestServer::Connection::answer(int status, const std::string& body,
                                          const std::string& fields) {
  send("HTTP/1.1 " + std::to_string(status) +
       " Some Reason\r\nContent-Type: application/json\r\nContent-Length: " +
       std::to_string(body.size()) + "\r\n" + fields + "\r\n" + body);
}

void DockerTestServer::Connection::hang() {
  while (!read_request().empty()) {
  }
}

void DockerTestServer::Connection::cut() { ::shutdown(descriptor_, SHUT_RDWR); }

bool DockerTestServer::Connection::ended() const {
  char byte = 0;
  return ::recv(descriptor_, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

DockerTestServer::DockerTestServer(Script script) : script_(std::move(script)) {
  std::string pattern = "/tmp/mosaic-server-XXXXXX";
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp");
  folder_ = pattern;
  path_ = folder_ + "/engine.sock";
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::copy(path_.begin(), path_.end(), address.sun_path);
  listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listener_, 64) != 0) {
    throw std::runtime_error("cannot listen on " + path_);
  }
  accepting_ = std::thread([this] { accept_all(); });
}

DockerTestServer::~DockerTestServer() {
  stop_.raise();
  accepting_.join();
  for (std::thread& thread : serving_) thread.join();
  ::close(listener_);
  ::unlink(path_.c_str());
  ::rmdir(folder_.c_str());
}

void DockerTestServer::accept_all() {
  for (;;) {
    const WaitLimit limit = WaitLimit::in(std::chrono::minutes(5), &stop_);
    if (wait_for_socket(listener_, POLLIN, limit) != WaitOutcome::ready) return;
    const int peer = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (peer < 0) return;
    const int number = ++connections_;
    serving_.emplace_back([this, peer, number] {
      Connection connection(peer, stop_);
      script_(connection, number);
      ::close(peer);
    });
  }
}

std::string ping_fields(const std::string& api_version) {
  return "Api-Version: " + api_version + "\r\n";
}

}  // namespace mosaic
