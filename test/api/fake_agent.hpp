// The gateway of an agent, as far as ours can see it: a server on the loopback that reads requests and does with each
// what the test says, byte for byte.
//
// One thread per connection. The script runs on it and must not outlive the server.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace mosaic::test {

struct ReceivedRequest {
  std::string head;  // with the request line
  std::string body;
  int connection = 0;

  // The value of that field, whatever the case of its name; empty: absent.
  std::string field(const std::string& name) const;
};

class AgentConnection {
 public:
  explicit AgentConnection(int descriptor) : descriptor_(descriptor) {}

  bool send(std::string_view bytes);  // false: the gateway has closed
  void answer(std::string_view body, const std::string& content_type = "application/json",
              const std::string& status = "200 OK", const std::string& more_fields = "");
  void begin_events();
  bool send_event(const std::string& data);  // one chunk
  void end_events();
  void cut();           // closes both directions
  bool wait_for_end();  // true when the gateway closes within five seconds

 private:
  int descriptor_;
};

using AgentScript = std::function<void(AgentConnection&, const ReceivedRequest&)>;

class FakeAgent {
 public:
  explicit FakeAgent(AgentScript script);
  ~FakeAgent();
  FakeAgent(const FakeAgent&) = delete;
  FakeAgent& operator=(const FakeAgent&) = delete;

  std::uint16_t port() const { return port_; }
  std::string endpoint() const { return "127.0.0.1:" + std::to_string(port_); }

  std::vector<ReceivedRequest> requests() const;
  int connections() const { return connections_; }
  int open_connections() const { return open_; }

  // As when its container ends: nobody listens any more, and connections are cut.
  void stop();

 private:
  void accept();
  void serve(int descriptor, int number);

  const AgentScript script_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopping_ = false;
  std::atomic<int> connections_ = 0;
  std::atomic<int> open_ = 0;
  mutable std::mutex mutex_;
  std::vector<ReceivedRequest> requests_;
  std::vector<int> descriptors_;
  std::list<std::thread> threads_;
  std::thread acceptor_;
};

}  // namespace mosaic::test
