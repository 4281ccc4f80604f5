#include "test/api/raw_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <utility>

namespace mosaic::test {
namespace {

constexpr int patience_s = 5;

}  // namespace

std::string RawResponse::field(const std::string& name) const {
  const auto found = head.find("\r\n" + name + ": ");
  if (found == std::string::npos) return {};
  const auto begin = found + name.size() + 4;
  return head.substr(begin, head.find("\r\n", begin) - begin);
}

RawClient::RawClient(std::uint16_t port)
    : descriptor_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const timeval patience{patience_s, 0};
  setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  setsockopt(descriptor_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  const int yes = 1;
  setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    close(descriptor_);
    throw std::runtime_error("cannot connect to the server under test");
  }
}

RawClient::~RawClient() { close(descriptor_); }

bool RawClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool RawClient::receive() {
  char chunk[16384];
  const auto count = recv(descriptor_, chunk, sizeof chunk, 0);
  if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
    throw std::runtime_error("the server does not answer");
  if (count <= 0) return false;
  buffer_.append(chunk, static_cast<std::size_t>(count));
  return true;
}

std::optional<RawResponse> RawClient::read_response(bool with_body) {
  std::size_t end = 0;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (!receive()) return std::nullopt;
  }
  RawResponse response;
  response.head = buffer_.substr(0, end + 2);
  buffer_.erase(0, end + 4);
  if (response.head.size() > 12) response.status = std::stoi(response.head.substr(9, 3));
  const auto length = response.field("Content-Length");
  const std::size_t expected = length.empty() || !with_body ? 0 : std::stoul(length);
  while (buffer_.size() < expected) {
    if (!receive()) return std::nullopt;
  }
  response.body = buffer_.substr(0, expected);
  buffer_.erase(0, expected);
  return response;
}

std::string RawClient::read_some() {
  if (buffer_.empty()) receive();
  return std::exchange(buffer_, {});
}

std::string RawClient::read_until(std::string_view end) {
  std::string text;
  while (text.find(end) == std::string::npos) {
    const auto piece = read_some();
    if (piece.empty()) break;
    text += piece;
  }
  return text;
}

std::string RawClient::read_to_end() {
  while (receive()) {
  }
  return std::move(buffer_);
}

bool RawClient::ended() { return buffer_.empty() && !receive(); }

bool RawClient::has_input() {
  pollfd waiting{descriptor_, POLLIN, 0};
  return !buffer_.empty() || poll(&waiting, 1, 10) > 0;
}

void RawClient::close_sending() { shutdown(descriptor_, SHUT_WR); }

std::optional<RawResponse> ask_once(std::uint16_t port, std::string_view request) {
  RawClient client(port);
  client.send(request);
  return client.read_response();
}

std::string get_request(const std::string& target, const std::string& more_fields) {
  return "GET " + target + " HTTP/1.1\r\nHost: test\r\n" + more_fields + "\r\n";
}

}  // namespace mosaic::test
