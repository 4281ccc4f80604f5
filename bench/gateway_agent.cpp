// gateway_agent: stands in for the gateways of agents, so fast that it is never what is measured. One thread.
//
// Prints its port. A POST whose body asks for a stream gets the beginning of one, which then stays open; everything else
// gets a JSON document of about a kilobyte. Ends when its standard input does.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>

namespace {

constexpr std::string_view events =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    "14\r\ndata: {\"delta\":\"\"}\n\n\r\n";

std::string make_document() {
  std::string body = R"({"id":"chatcmpl-1","object":"chat.completion","choices":[{"index":0,)"
                     R"("message":{"role":"assistant","content":")";
  body += std::string(850, 'x') + R"("},"finish_reason":"stop"}],"usage":{"total_tokens":1}})";
  return "HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

// Whole requests are taken off the front of `input`; what is to be answered is told.
struct Asked {
  bool any = false;
  bool stream = false;
};

std::size_t body_length(std::string_view head) {
  for (const std::string_view name : {"\r\nContent-Length: ", "\r\ncontent-length: "}) {
    const auto found = head.find(name);
    if (found != std::string_view::npos)
      return std::strtoul(head.data() + found + name.size(), nullptr, 10);
  }
  return 0;
}

Asked take_request(std::string& input) {
  const auto end = input.find("\r\n\r\n");
  if (end == std::string::npos) return {};
  const auto body_begin = end + 4;
  const auto length = body_length(std::string_view(input).substr(0, body_begin));
  if (input.size() < body_begin + length) return {};
  const auto body = std::string_view(input).substr(body_begin, length);
  const Asked asked{true, body.find("\"stream\":true") != std::string_view::npos};
  input.erase(0, body_begin + length);
  return asked;
}

class Agent {
 public:
  Agent() : document_(make_document()), epoll_(epoll_create1(EPOLL_CLOEXEC)) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (bind(listener_, reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
        listen(listener_, SOMAXCONN) != 0 ||
        getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
      throw std::runtime_error("gateway_agent: cannot listen");
    watch(listener_);
    watch(STDIN_FILENO);
    std::printf("%d\n", ntohs(address.sin_port));
    std::fflush(stdout);
  }

  void run() {
    std::array<epoll_event, 512> ready;
    while (true) {
      const int count = epoll_wait(epoll_, ready.data(), static_cast<int>(ready.size()), -1);
      for (int i = 0; i < count; ++i) {
        const int descriptor = ready[static_cast<std::size_t>(i)].data.fd;
        if (descriptor == STDIN_FILENO) return;
        descriptor == listener_ ? accept_all() : serve(descriptor);
      }
    }
  }

 private:
  void watch(int descriptor) const {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = descriptor;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event);
  }

  void accept_all() const {
    while (true) {
      const int descriptor = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (descriptor < 0) return;
      const int yes = 1;
      setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
      watch(descriptor);
    }
  }

  void serve(int descriptor) {
    std::array<char, 16 * 1024> piece;
    const auto received = recv(descriptor, piece.data(), piece.size(), 0);
    if (received <= 0) {
      inputs_.erase(descriptor);
      close(descriptor);
      return;
    }
    auto& input = inputs_[descriptor];
    input.append(piece.data(), static_cast<std::size_t>(received));
    for (auto asked = take_request(input); asked.any; asked = take_request(input)) {
      const std::string_view answer = asked.stream ? events : std::string_view(document_);
      // A kilobyte always fits into an empty socket's buffer.
      if (send(descriptor, answer.data(), answer.size(), MSG_NOSIGNAL) < 0) break;
    }
    if (input.empty()) inputs_.erase(descriptor);
  }

  const std::string document_;
  int epoll_;
  int listener_ = -1;
  std::unordered_map<int, std::string> inputs_;
};

}  // namespace

int main() {
  try {
    Agent().run();
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
