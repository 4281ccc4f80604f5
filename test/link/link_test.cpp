// images/link, run as a program of its own between sockets of this test.
#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "test/link/link_program.hpp"

namespace mosaic {
namespace {

constexpr int patience_s = 20;

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

class Socket {
 public:
  explicit Socket(int number) : number_(number) {
    if (number < 0) throw std::runtime_error("no socket");
    const timeval limit{patience_s, 0};
    ::setsockopt(number, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }
  ~Socket() { ::close(number_); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  static Socket bound(int type) {
    Socket socket(::socket(AF_INET, type | SOCK_CLOEXEC, 0));
    const sockaddr_in address = loopback(0);
    if (::bind(socket.number_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
      throw std::runtime_error("cannot bind");
    if (type == SOCK_STREAM) ::listen(socket.number_, 16);
    return socket;
  }
  static Socket to(std::uint16_t port) {
    Socket socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const sockaddr_in address = loopback(port);
    if (::connect(socket.number_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
      throw std::runtime_error("cannot connect");
    return socket;
  }
  Socket(Socket&& other) noexcept : number_(std::exchange(other.number_, -1)) {}

  int get() const { return number_; }
  Socket accept() const { return Socket(::accept4(number_, nullptr, nullptr, SOCK_CLOEXEC)); }
  std::uint16_t port() const {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    ::getsockname(number_, reinterpret_cast<sockaddr*>(&address), &size);
    return ntohs(address.sin_port);
  }
  void send(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(number_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) throw std::runtime_error("cannot send");
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  void end_sending() const { ::shutdown(number_, SHUT_WR); }
  // All until the other side ends.
  std::string read_all() const {
    std::string all;
    char piece[16 * 1024];
    for (;;) {
      const ssize_t count = ::recv(number_, piece, sizeof piece, 0);
      if (count < 0 && errno != ECONNRESET) throw std::runtime_error("nothing came in time");
      if (count <= 0) return all;
      all.append(piece, static_cast<std::size_t>(count));
    }
  }

 private:
  int number_;
};

class Link : public test::LinkProgram {
 public:
  explicit Link(std::vector<std::string> arguments)
      : LinkProgram("mosaic_link", std::move(arguments)) {}
};

std::string route_to(const Socket& listener) {
  return "0=127.0.0.1:" + std::to_string(listener.port());
}

// A resolver that answers every question with 127.0.0.1.
class LocalResolver {
 public:
  LocalResolver() : thread_([this] { serve(); }) {}
  ~LocalResolver() {
    ending_ = true;
    thread_.join();
  }
  std::string address() const { return "127.0.0.1:" + std::to_string(socket_.port()); }
  int questions() const { return questions_; }

 private:
  void serve() {
    while (!ending_) {
      pollfd polled{socket_.get(), POLLIN, 0};
      if (::poll(&polled, 1, 20) != 1) continue;
      char text[512];
      sockaddr_in from{};
      socklen_t size = sizeof from;
      const ssize_t length = ::recvfrom(socket_.get(), text, sizeof text, 0,
                                        reinterpret_cast<sockaddr*>(&from), &size);
      if (length < 12) continue;
      ++questions_;
      std::string answer(text, static_cast<std::size_t>(length));
      answer[2] = static_cast<char>(0x81);
      answer[7] = 1;
      answer += std::string("\xC0\x0C\0\1\0\1\0\0\0\0\0\4\x7F\0\0\1", 16);
      ::sendto(socket_.get(), answer.data(), answer.size(), 0, reinterpret_cast<sockaddr*>(&from),
               size);
    }
  }

  Socket socket_ = Socket::bound(SOCK_DGRAM);
  std::atomic<bool> ending_{false};
  std::atomic<int> questions_{0};
  std::thread thread_;
};

TEST(Link, PassesBytesBothWaysAndTheEndOfOneWayAlone) {
  const Socket agent = Socket::bound(SOCK_STREAM);
  const Link link({route_to(agent)});
  const Socket client = Socket::to(link.port());
  const Socket served = agent.accept();
  std::string sent(1024 * 1024, '\0');
  for (std::size_t index = 0; index < sent.size(); ++index)
    sent[index] = static_cast<char>(index * 31 / 7);
  std::thread sender([&] {
    client.send(sent);
    client.end_sending();
  });
  const std::string received = served.read_all();
  sender.join();
  EXPECT_TRUE(received == sent);
  served.send("the answer, after the question has ended");
  served.end_sending();
  EXPECT_EQ(client.read_all(), "the answer, after the question has ended");
}

TEST(Link, MakesASenderWaitWhoseReceiverIsSlow) {
  const Socket agent = Socket::bound(SOCK_STREAM);
  const Link link({route_to(agent)});
  const Socket client = Socket::to(link.port());
  const Socket served = agent.accept();
  ::fcntl(client.get(), F_SETFL, O_NONBLOCK);
  const std::string piece(64 * 1024, 'x');
  std::size_t taken = 0;
  constexpr std::size_t more_than_any_buffers = 256 * 1024 * 1024;
  while (taken < more_than_any_buffers) {
    const ssize_t count = ::send(client.get(), piece.data(), piece.size(), MSG_NOSIGNAL);
    if (count > 0) {
      taken += static_cast<std::size_t>(count);
      continue;
    }
    // Full: for good, when it stays so for a while.
    pollfd polled{client.get(), POLLOUT, 0};
    if (::poll(&polled, 1, 500) == 0) break;
  }
  EXPECT_LT(taken, more_than_any_buffers);
  client.end_sending();
  EXPECT_EQ(served.read_all().size(), taken);
}

TEST(Link, AsksForANameAnewAtEachConnection) {
  const Socket agent = Socket::bound(SOCK_STREAM);
  const LocalResolver resolver;
  const Link link({"--resolver", resolver.address(), "0=agent:" + std::to_string(agent.port())});
  for (int number = 1; number <= 3; ++number) {
    const Socket client = Socket::to(link.port());
    client.send("hello");
    client.end_sending();
    EXPECT_EQ(agent.accept().read_all(), "hello");
    EXPECT_GE(resolver.questions(), number);
  }
}

TEST(Link, HangsUpWhenNobodyAnswersAtTheOtherEnd) {
  std::uint16_t nobody = 0;
  {
    const Socket gone = Socket::bound(SOCK_STREAM);
    nobody = gone.port();
  }
  const Link link({"0=127.0.0.1:" + std::to_string(nobody)});
  EXPECT_EQ(Socket::to(link.port()).read_all(), "");
}

TEST(Link, GivesUpOnANameThatNobodyKnows) {
  const Socket silent = Socket::bound(SOCK_DGRAM);
  const Link link({"--resolver", "127.0.0.1:" + std::to_string(silent.port()), "0=agent:80"});
  EXPECT_EQ(Socket::to(link.port()).read_all(), "");
}

TEST(Link, EndsAtOnceOnTerm) {
  const Socket agent = Socket::bound(SOCK_STREAM);
  Link link({route_to(agent)});
  const Socket client = Socket::to(link.port());
  const Socket served = agent.accept();
  link.terminate();
  EXPECT_EQ(link.wait(), 0);
  EXPECT_EQ(client.read_all(), "");
}

TEST(Link, RefusesArgumentsThatMakeNoSense) {
  for (const char* route : {"", "80", "80=agent", "80=:1", "=agent:1", "x=agent:1", "80=agent:0",
                            "80=agent:65536", "80=two..dots:1"}) {
    EXPECT_EQ(Link({route}).wait(), 2) << route;
  }
  EXPECT_EQ(Link({}).wait(), 2);
  EXPECT_EQ(Link({"--resolver", "name:53", "0=agent:1"}).wait(), 2);
}

}  // namespace
}  // namespace mosaic
