// A server on a local socket that does exactly what a test tells it: answers, half answers, garbage, silence. One
// thread; connections are served one after the other unless told otherwise, each by its own script.
//
// Thread-safety: construction and destruction on the test's thread; counters from any.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "http/wait_limit.hpp"

namespace mosaic {

class DockerTestServer {
 public:
  // One connection: what came in may be read with read_request(); returning closes it.
  class Connection {
   public:
    Connection(int descriptor, const Interrupt& stop) : descriptor_(descriptor), stop_(stop) {}
    // One whole request (by Content-Length, or up to the empty chunk); empty when the peer has closed or the server ends.
    std::string read_request();
    void send(const std::string& bytes);
    void answer(int status, const std::string& body, const std::string& fields = {});
    // Until the client closes or the server ends.
    void hang();
    // Ends the connection for both sides; from any thread while the script runs.
    void cut();
    // Whether the client has closed; for a connection on which it sends nothing more.
    bool ended() const;

   private:
    const int descriptor_;
    const Interrupt& stop_;
    std::string buffer_;
  };
  using Script = std::function<void(Connection&, int number)>;

  explicit DockerTestServer(Script script);
  ~DockerTestServer();
  DockerTestServer(const DockerTestServer&) = delete;
  DockerTestServer& operator=(const DockerTestServer&) = delete;

  std::string path() const { return path_; }
  std::string url() const { return "unix://" + path_; }
  int connections() const { return connections_; }

 private:
  void accept_all();

  const Script script_;
  std::string folder_;
  std::string path_;
  int listener_ = -1;
  Interrupt stop_;
  std::atomic<int> connections_{0};
  std::vector<std::thread> serving_;
  std::thread accepting_;
};

// An engine's answer to /_ping.
std::string ping_fields(const std::string& api_version = "1.41");

}  // namespace mosaic
