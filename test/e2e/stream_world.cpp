#include "test/e2e/stream_world.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <stdexcept>

namespace mosaic::e2e {
namespace {

constexpr int turn_ms = 50;
constexpr const char* head =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\n"
    "Transfer-Encoding: chunked\r\n\r\n";
constexpr const char* last_chunk = "0\r\n\r\n";

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  return address;
}

std::string chunk(const std::string& bytes) {
  char size[32];
  std::snprintf(size, sizeof size, "%zx\r\n", bytes.size());
  return size + bytes + "\r\n";
}

bool whole_request(const std::string& bytes) {
  const auto head_end = bytes.find("\r\n\r\n");
  if (head_end == std::string::npos) return false;
  std::string lower = bytes.substr(0, head_end);
  std::transform(lower.begin(), lower.end(), lower.begin(), ::tolower);
  const auto field = lower.find("content-length:");
  if (field == std::string::npos) return bytes.ends_with(last_chunk);
  return bytes.size() >= head_end + 4 + std::strtoul(lower.c_str() + field + 15, nullptr, 10);
}

// False: the other side has ended.
bool read_available(int socket, std::string& into) {
  char buffer[16 * 1024];
  for (;;) {
    const auto count = ::recv(socket, buffer, sizeof buffer, MSG_DONTWAIT);
    if (count > 0) {
      into.append(buffer, static_cast<std::size_t>(count));
    } else {
      return count < 0 && (errno == EAGAIN || errno == EINTR);
    }
  }
}

}  // namespace

// --- the agent ---

StreamingAgent::StreamingAgent() {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  auto address = loopback(0);
  socklen_t size = sizeof address;
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::listen(listener_, 1024) != 0 ||
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    throw std::runtime_error("the streaming agent cannot listen");
  port_ = ntohs(address.sin_port);
}

StreamingAgent::~StreamingAgent() {
  for (const auto& stream : streams_) ::close(stream.socket);
  ::close(listener_);
}

std::string StreamingAgent::endpoint() const { return "127.0.0.1:" + std::to_string(port_); }

std::size_t StreamingAgent::streams() const {
  return static_cast<std::size_t>(std::count_if(streams_.begin(), streams_.end(),
                                                [](const Stream& stream) { return stream.begun; }));
}

void StreamingAgent::accept_all() {
  for (;;) {
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (socket < 0) return;
    streams_.emplace_back();
    streams_.back().socket = socket;
  }
}

void StreamingAgent::take(int revents, Stream& stream) {
  if (revents == 0) return;
  if (!read_available(stream.socket, stream.request)) {
    if (stream.begun) ++cut_;
    ::close(stream.socket);
    stream.socket = -1;
    return;
  }
  if (stream.begun || !whole_request(stream.request)) return;
  stream.request.clear();
  stream.begun = true;
  ++begun_;
  send(stream, head);
}

void StreamingAgent::send(Stream& stream, const std::string& bytes) {
  // A few hundred bytes a second: a stream whose buffer is full is one that nobody reads, and counts as cut.
  if (::send(stream.socket, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT) ==
      static_cast<ssize_t>(bytes.size()))
    return;
  ++cut_;
  ::close(stream.socket);
  stream.socket = -1;
}

void StreamingAgent::say(const std::string& text) {
  const std::string event =
      R"(data: {"object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":")" +
      text + "\"}}]}\n\n";
  said_ += event;
  for (auto& stream : streams_) {
    if (stream.begun) send(stream, chunk(event));
  }
  streams_.remove_if([](const Stream& stream) { return stream.socket < 0; });
}

void StreamingAgent::finish() {
  const std::string done = "data: [DONE]\n\n";
  said_ += done;
  for (auto& stream : streams_) {
    if (!stream.begun) continue;
    stream.begun = false;  // the connection may be used again
    send(stream, chunk(done) + last_chunk);
  }
  streams_.remove_if([](const Stream& stream) { return stream.socket < 0; });
}

// --- a client ---

StreamClient::StreamClient(int port, const std::string& token) {
  const std::string message = R"({"model":"openclaw","stream":true,)"
                              R"("messages":[{"role":"user","content":"count"}]})";
  to_send_ =
      "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) +
      "\r\nAuthorization: Bearer " + token +
      "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(message.size()) +
      "\r\n\r\n" + message;
  socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const auto address = loopback(port);
  if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 &&
      errno != EINPROGRESS)
    throw std::runtime_error("a client cannot connect to port " + std::to_string(port));
}

StreamClient::~StreamClient() { ::close(socket_); }

void StreamClient::take(int revents) {
  if ((revents & POLLOUT) != 0 && !to_send_.empty()) {
    const auto count = ::send(socket_, to_send_.data(), to_send_.size(), MSG_NOSIGNAL);
    if (count > 0) to_send_.erase(0, static_cast<std::size_t>(count));
  }
  if ((revents & (POLLIN | POLLHUP | POLLERR)) != 0)
    closed_ = !read_available(socket_, received_) || closed_;
}

int StreamClient::status() const {
  return received_.size() < 12 ? 0 : std::atoi(received_.c_str() + 9);
}

bool StreamClient::complete() const { return received_.ends_with("\r\n0\r\n\r\n"); }

std::string StreamClient::body() const {
  const auto head_end = received_.find("\r\n\r\n");
  if (head_end == std::string::npos) return {};
  std::string whole;
  for (std::size_t at = head_end + 4; at < received_.size();) {
    const auto line_end = received_.find("\r\n", at);
    if (line_end == std::string::npos) break;
    const auto size = std::strtoul(received_.c_str() + at, nullptr, 16);
    if (size == 0) break;
    whole += received_.substr(line_end + 2, size);
    at = line_end + 2 + size + 2;
  }
  std::string events;
  for (std::size_t at = 0; at < whole.size();) {
    const auto end = std::min(whole.find("\n\n", at), whole.size() - 2) + 2;
    if (whole[at] != ':') events += whole.substr(at, end - at);
    at = end;
  }
  return events;
}

// --- both ---

StreamClient& StreamWorld::add_client(int port, const std::string& token) {
  return clients_.emplace_back(port, token);
}

bool StreamWorld::run(std::chrono::milliseconds limit, const std::function<bool()>& until) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (!until()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    turn();
  }
  return true;
}

void StreamWorld::turn() {
  std::vector<pollfd> waiting{{agent_.listener_, POLLIN, 0}};
  for (const auto& stream : agent_.streams_) waiting.push_back({stream.socket, POLLIN, 0});
  for (const auto& client : clients_) {
    const short events = client.to_send_.empty() ? POLLIN : POLLIN | POLLOUT;
    waiting.push_back({client.closed_ ? -1 : client.socket_, events, 0});
  }
  if (::poll(waiting.data(), waiting.size(), turn_ms) <= 0) return;
  std::size_t at = 1;
  for (auto& stream : agent_.streams_) agent_.take(waiting[at++].revents, stream);
  for (auto& client : clients_) client.take(waiting[at++].revents);
  agent_.streams_.remove_if([](const StreamingAgent::Stream& stream) { return stream.socket < 0; });
  if (waiting[0].revents != 0) agent_.accept_all();
}

}  // namespace mosaic::e2e
