// The reference of every wake: the same container as an agent's (image, entry point, environment, host configuration,
// volumes), on a network of its own that is there already, made and started by three calls of the Engine API and probed
// in a tight loop. Nothing decides, records or watches anything, so nothing that has to create and start can be faster.
//
// Used from one thread.
#pragma once

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>

#include "http/http_client.hpp"

namespace mosaic::bench {

struct BareWake {
  std::chrono::nanoseconds create{};
  std::chrono::nanoseconds start{};
  std::chrono::nanoseconds probe{};  // from the end of the start to the first 200

  std::chrono::nanoseconds total() const { return create + start + probe; }
};

// One caller of the Engine API, directly on the engine's socket.
class BareEngine {
 public:
  explicit BareEngine(const std::string& socket);

  // Throws when the status is none of 2xx, or 304.
  nlohmann::json call(const std::string& method, const std::string& target,
                      const nlohmann::json& body = {});

 private:
  HttpClient client_;
};

class BareContainer {
 public:
  // Takes `agent`, a stopped container of an agent, as the model; its labels and its network are not taken over.
  BareContainer(BareEngine& engine, const std::string& agent, const std::string& subnet,
                const std::string& gateway);
  ~BareContainer();
  BareContainer(const BareContainer&) = delete;
  BareContainer& operator=(const BareContainer&) = delete;

  // Create, start, probe. The container stays until end().
  BareWake wake(std::chrono::microseconds probe_period);
  void end();

 private:
  void create_network(const std::string& agent_network, const std::string& subnet,
                      const std::string& gateway);

  BareEngine& engine_;
  const std::string name_;
  std::string network_;
  nlohmann::json body_;
};

}  // namespace mosaic::bench
