#include "runtime/probe/http_probe.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <system_error>
#include <utility>

namespace mosaic {

namespace {

constexpr std::size_t answer_limit = 4096;

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

std::optional<SocketAddress> parse_endpoint(const std::string& endpoint) {
  const auto colon = endpoint.rfind(':');
  if (colon == std::string::npos) return std::nullopt;
  const auto port = parse_port(std::string_view(endpoint).substr(colon + 1));
  if (!port) return std::nullopt;
  auto host = endpoint.substr(0, colon);
  SocketAddress address;
  sockaddr_in v4{};
  if (inet_pton(AF_INET, host.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(*port);
    std::memcpy(&address.storage, &v4, sizeof v4);
    address.size = sizeof v4;
    return address;
  }
  if (host.size() < 2 || host.front() != '[' || host.back() != ']') return std::nullopt;
  host = host.substr(1, host.size() - 2);
  sockaddr_in6 v6{};
  if (inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr) != 1) return std::nullopt;
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(*port);
  std::memcpy(&address.storage, &v6, sizeof v6);
  address.size = sizeof v6;
  return address;
}

std::string describe(int error) { return std::generic_category().message(error); }

ProbeOutcome failure(std::string error) {
  return {ProbeOutcome::Verdict::failed, std::move(error)};
}

ProbeOutcome inconclusive(std::string error) {
  return {ProbeOutcome::Verdict::inconclusive, std::move(error)};
}

// Shortages on our own side say nothing about the process that was to be probed.
bool is_own_shortage(int error) {
  return error == EADDRNOTAVAIL || error == ENOBUFS || error == ENOMEM || error == EAGAIN;
}

bool would_block(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

}  // namespace

HttpProbe::HttpProbe(const std::string& endpoint)
    : request_("GET /readyz HTTP/1.1\r\nHost: " + endpoint +
               "\r\nUser-Agent: mosaic-probe\r\nAccept: */*\r\nConnection: close\r\n\r\n") {
  connect(endpoint);
}

HttpProbe::~HttpProbe() {
  if (socket_ >= 0) ::close(socket_);
}

void HttpProbe::connect(const std::string& endpoint) {
  const auto address = parse_endpoint(endpoint);
  if (!address) {
    early_outcome_ = failure("the endpoint is not an address and a port");
    return;
  }
  socket_ = ::socket(address->storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket_ < 0) {
    early_outcome_ = inconclusive("no socket: " + describe(errno));
    return;
  }
  const int on = 1;
  // Only latency depends on it.
  static_cast<void>(::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on));
  if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address->storage), address->size) ==
      0) {
    stage_ = Stage::writing;
  } else if (errno != EINPROGRESS) {
    early_outcome_ =
        is_own_shortage(errno) ? inconclusive(describe(errno)) : failure(describe(errno));
  }
}

std::optional<ProbeOutcome> HttpProbe::advance() {
  if (early_outcome_) return early_outcome_;
  if (stage_ == Stage::connecting) {
    if (auto outcome = finish_connect()) return outcome;
  }
  if (stage_ == Stage::writing) {
    if (auto outcome = write_request()) return outcome;
  }
  if (stage_ == Stage::reading) return read_answer();
  return std::nullopt;
}

std::optional<ProbeOutcome> HttpProbe::finish_connect() {
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
  if (error != 0) return failure(describe(error));
  sockaddr_storage peer{};
  socklen_t peer_size = sizeof peer;
  // Without an error and without a peer the connection is still being made.
  if (::getpeername(socket_, reinterpret_cast<sockaddr*>(&peer), &peer_size) == 0)
    stage_ = Stage::writing;
  return std::nullopt;
}

std::optional<ProbeOutcome> HttpProbe::write_request() {
  while (written_ < request_.size()) {
    const auto sent =
        ::send(socket_, request_.data() + written_, request_.size() - written_, MSG_NOSIGNAL);
    if (sent < 0)
      return would_block(errno) ? std::nullopt : std::optional(failure(describe(errno)));
    written_ += static_cast<std::size_t>(sent);
  }
  stage_ = Stage::reading;
  return std::nullopt;
}

std::optional<ProbeOutcome> HttpProbe::read_answer() {
  std::array<char, answer_limit> buffer;
  while (true) {
    const auto received = ::recv(socket_, buffer.data(), buffer.size(), 0);
    if (received < 0 && would_block(errno)) return judge(false);
    if (received < 0) return failure(describe(errno));
    if (received == 0) return judge(true);
    answer_.append(buffer.data(),
                   std::min(static_cast<std::size_t>(received), answer_limit - answer_.size()));
    if (answer_.size() >= answer_limit) return judge(true);
  }
}

std::optional<ProbeOutcome> HttpProbe::judge(bool at_end) const {
  const auto line_end = answer_.find("\r\n");
  if (line_end == std::string::npos) {
    if (!at_end) return std::nullopt;
    return failure(answer_.empty() ? "closed the connection without an answer"
                                   : "the answer is not HTTP");
  }
  const auto line = std::string_view(answer_).substr(0, line_end);
  const bool is_http =
      line.size() >= 12 && (line.starts_with("HTTP/1.1 ") || line.starts_with("HTTP/1.0 "));
  if (!is_http || (line.size() > 12 && line[12] != ' ')) return failure("the answer is not HTTP");
  const auto status = line.substr(9, 3);
  if (status.find_first_not_of("0123456789") != std::string_view::npos)
    return failure("the answer is not HTTP");
  if (status == "200") return ProbeOutcome{ProbeOutcome::Verdict::ready, {}};
  return failure("/readyz answered " + std::string(status));
}

std::string HttpProbe::timeout_error(long long timeout_ms) const {
  const auto limit = std::to_string(timeout_ms) + " ms";
  return stage_ == Stage::connecting ? "no connection within " + limit
                                     : "no answer within " + limit;
}

}  // namespace mosaic
