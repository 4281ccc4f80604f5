// Two sides of many chats on one loop: an agent's gateway that streams what the test tells it to, and clients that read
// their streams through the real API processes. What the one sent is compared with what the other got.
//
// Used from one thread: everything happens within run().
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <optional>
#include <string>
#include <vector>

namespace mosaic::e2e {

// Stands in for the gateways of all agents: one address, every token.
class StreamingAgent {
 public:
  StreamingAgent();
  ~StreamingAgent();
  StreamingAgent(const StreamingAgent&) = delete;
  StreamingAgent& operator=(const StreamingAgent&) = delete;

  std::string endpoint() const;  // "127.0.0.1:port"
  std::size_t streams() const;   // that are open
  std::size_t streams_begun() const { return begun_; }
  std::size_t streams_cut() const { return cut_; }  // by the other side, before their end

  // One event on every open stream.
  void say(const std::string& text);
  // The end of every open stream.
  void finish();
  // All events that an uncut stream which began before the first of them has been sent.
  const std::string& said() const { return said_; }

 private:
  friend class StreamWorld;
  struct Stream {
    int socket = -1;
    std::string request;
    bool begun = false;
  };
  void take(int revents, Stream& stream);
  void accept_all();
  void send(Stream& stream, const std::string& bytes);

  int listener_ = -1;
  int port_ = 0;
  std::list<Stream> streams_;
  std::size_t begun_ = 0;
  std::size_t cut_ = 0;
  std::string said_;
};

class StreamClient {
 public:
  StreamClient(int port, const std::string& token);
  ~StreamClient();
  StreamClient(const StreamClient&) = delete;
  StreamClient& operator=(const StreamClient&) = delete;

  int status() const;        // 0 until the head is there
  std::string body() const;  // without the chunks' frames and without comments
  bool complete() const;     // the last chunk came
  bool closed() const { return closed_; }
  const std::string& raw() const { return received_; }

 private:
  friend class StreamWorld;
  void take(int revents);

  int socket_ = -1;
  std::string to_send_;
  std::string received_;
  bool closed_ = false;
};

class StreamWorld {
 public:
  explicit StreamWorld(StreamingAgent& agent) : agent_(agent) {}

  StreamClient& add_client(int port, const std::string& token);
  std::list<StreamClient>& clients() { return clients_; }

  // Carries bytes until the condition holds; false when the time is over first.
  bool run(std::chrono::milliseconds limit, const std::function<bool()>& until);

 private:
  void turn();

  StreamingAgent& agent_;
  std::list<StreamClient> clients_;
};

}  // namespace mosaic::e2e
