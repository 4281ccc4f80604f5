// Stands between the controller and the engine's socket, passes every byte on, and writes down when which request came
// and when its answer began. What the controller really does, and when, is thus seen from outside of it.
//
// Thread-safety: every method may be called from any thread. Costs each call some 50 us, which the controller's figures
// include.
#pragma once

#include <atomic>
#include <chrono>
#include <filesystem>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace mosaic::bench {

using Steady = std::chrono::steady_clock;

struct EngineCallSeen {
  std::string method;
  std::string target;
  Steady::time_point asked_at;
  std::optional<Steady::time_point> answered_at;  // the first bytes of the answer
};

class EngineProxy {
 public:
  // Listens on `socket`; throws when that is not possible.
  EngineProxy(std::filesystem::path socket, std::filesystem::path engine_socket);
  ~EngineProxy();
  EngineProxy(const EngineProxy&) = delete;
  EngineProxy& operator=(const EngineProxy&) = delete;

  std::string url() const { return "unix://" + socket_.string(); }
  // Everything seen since the last call, in order.
  std::vector<EngineCallSeen> take();

 private:
  void accept_connections();
  void relay(int client, int engine);
  // The number of the call, which its answer completes.
  std::optional<std::size_t> note_request(const char* bytes, std::size_t size);
  void note_answer(std::size_t number);

  const std::filesystem::path socket_;
  const std::filesystem::path engine_socket_;
  std::atomic<bool> stopping_{false};
  int listener_ = -1;
  std::mutex mutex_;
  std::vector<EngineCallSeen> calls_;
  std::size_t first_number_ = 0;  // of calls_.front()
  std::list<std::thread> relays_;
  std::thread acceptor_;
};

}  // namespace mosaic::bench
