// A small HTTP server on a loopback port for tests: one thread per connection, answers made by the test.
#pragma once

#include <netinet/in.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace mosaic {

class ProbeHttpServer {
 public:
  // Gets the request's header; returns the raw answer, or nothing to keep silent until the server stops.
  using Handler = std::function<std::optional<std::string>(const std::string& request)>;

  enum class Reach { loopback, everywhere };

  // Port 0: any free one.
  explicit ProbeHttpServer(Handler handler, std::uint16_t port = 0, Reach reach = Reach::loopback);
  ~ProbeHttpServer();
  ProbeHttpServer(const ProbeHttpServer&) = delete;
  ProbeHttpServer& operator=(const ProbeHttpServer&) = delete;

  std::uint16_t port() const { return port_; }
  std::string endpoint() const { return "127.0.0.1:" + std::to_string(port_); }
  int requests() const { return requests_; }
  int most_at_once() const { return most_at_once_; }

  static std::string answer(int status, const std::string& body = "{}",
                            const std::string& type = "application/json");

 private:
  void accept_connections();
  void serve(int socket);

  const Handler handler_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<int> requests_{0};
  std::atomic<int> at_once_{0};
  std::atomic<int> most_at_once_{0};
  std::mutex mutex_;
  std::condition_variable stopped_;
  bool stopping_ = false;
  std::vector<std::thread> connections_;
  std::thread acceptor_;
};

// A port that nobody listens on at this moment.
std::uint16_t unused_port();

}  // namespace mosaic
