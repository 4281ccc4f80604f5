#include "test/api/fake_agent.hpp"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>

namespace mosaic::test {
namespace {

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

bool receive(int descriptor, std::string& buffer) {
  char piece[16384];
  const auto count = recv(descriptor, piece, sizeof piece, 0);
  if (count <= 0) return false;
  buffer.append(piece, static_cast<std::size_t>(count));
  return true;
}

// As they came, with their sizes; a test's body has no end of chunks within.
bool read_chunks(int descriptor, std::string& buffer, ReceivedRequest& request) {
  const std::string end = "0\r\n\r\n";
  std::size_t at = 0;
  while ((at = buffer.find(end)) == std::string::npos) {
    if (!receive(descriptor, buffer)) return false;
  }
  request.body = buffer.substr(0, at + end.size());
  buffer.erase(0, request.body.size());
  return true;
}

bool read_request(int descriptor, std::string& buffer, ReceivedRequest& request) {
  std::size_t end = 0;
  while ((end = buffer.find("\r\n\r\n")) == std::string::npos) {
    if (!receive(descriptor, buffer)) return false;
  }
  request.head = buffer.substr(0, end + 2);
  buffer.erase(0, end + 4);
  if (request.field("transfer-encoding") == "chunked")
    return read_chunks(descriptor, buffer, request);
  const auto length = request.field("content-length");
  const std::size_t expected = length.empty() ? 0 : std::stoul(length);
  while (buffer.size() < expected) {
    if (!receive(descriptor, buffer)) return false;
  }
  request.body = buffer.substr(0, expected);
  buffer.erase(0, expected);
  return true;
}

}  // namespace

std::string ReceivedRequest::field(const std::string& name) const {
  const auto found = lower(head).find("\r\n" + lower(name) + ": ");
  if (found == std::string::npos) return {};
  const auto begin = found + name.size() + 4;
  return head.substr(begin, head.find("\r\n", begin) - begin);
}

bool AgentConnection::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

void AgentConnection::answer(std::string_view body, const std::string& content_type,
                             const std::string& status, const std::string& more_fields) {
  send("HTTP/1.1 " + status + "\r\nContent-Type: " + content_type + "\r\nContent-Length: " +
       std::to_string(body.size()) + "\r\n" + more_fields + "\r\n" + std::string(body));
}

void AgentConnection::begin_events() {
  send(
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nTransfer-Encoding: "
      "chunked\r\n\r\n");
}

bool AgentConnection::send_event(const std::string& data) {
  const auto event = "data: " + data + "\n\n";
  char size[32];
  std::snprintf(size, sizeof size, "%zx\r\n", event.size());
  return send(size + event + "\r\n");
}

void AgentConnection::end_events() { send("0\r\n\r\n"); }

void AgentConnection::cut() { shutdown(descriptor_, SHUT_RDWR); }

bool AgentConnection::wait_for_end() {
  pollfd waiting{descriptor_, POLLIN | POLLRDHUP, 0};
  if (poll(&waiting, 1, 5'000) <= 0) return false;
  char byte = 0;
  return recv(descriptor_, &byte, 1, MSG_PEEK) <= 0;
}

FakeAgent::FakeAgent(AgentScript script) : script_(std::move(script)) {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (bind(listener_, reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
      listen(listener_, 1024) != 0 ||
      getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    throw std::runtime_error("the fake agent cannot listen");
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept(); });
}

FakeAgent::~FakeAgent() { stop(); }

void FakeAgent::stop() {
  if (stopping_.exchange(true)) return;
  shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  close(listener_);
  {
    const std::lock_guard lock(mutex_);
    for (const int descriptor : descriptors_) shutdown(descriptor, SHUT_RDWR);
  }
  for (auto& thread : threads_) thread.join();
  for (const int descriptor : descriptors_) close(descriptor);
}

void FakeAgent::accept() {
  while (!stopping_) {
    const int descriptor = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (descriptor < 0) continue;
    const int number = connections_++;
    const std::lock_guard lock(mutex_);
    descriptors_.push_back(descriptor);
    if (stopping_) shutdown(descriptor, SHUT_RDWR);
    threads_.emplace_back([this, descriptor, number] { serve(descriptor, number); });
  }
}

void FakeAgent::serve(int descriptor, int number) {
  ++open_;
  std::string buffer;
  ReceivedRequest request;
  request.connection = number;
  while (read_request(descriptor, buffer, request)) {
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(request);
    }
    AgentConnection connection(descriptor);
    script_(connection, request);
  }
  shutdown(descriptor, SHUT_RDWR);
  --open_;
}

std::vector<ReceivedRequest> FakeAgent::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

}  // namespace mosaic::test
