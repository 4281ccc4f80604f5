// A human's hand on a real engine: plain calls of its API, for tests that play the world around a driver.
//
// Thread-safety: one test thread.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>

#include "runtime/docker/engine_client.hpp"

namespace mosaic {

class EngineHand {
 public:
  EngineHand(EngineEndpoint endpoint, const Clock& clock)
      : engine_(std::move(endpoint), clock, nullptr) {}

  EngineClient& engine() { return engine_; }
  nlohmann::json get(const std::string& path);
  nlohmann::json post(const std::string& path, const nlohmann::json& body);
  void remove(const std::string& path);  // gone already: nothing happens

 private:
  EngineClient engine_;
};

EngineRequest hand_request(std::string_view method, const std::string& path);

// Throws when it is not set: such tests run in a sandbox.
std::string required_variable(const char* name);

// An instance id that no other test has.
std::string random_instance();

// Looks until it is so, for a minute at most: an engine tells an end a while after the call that asked for it.
bool soon(const std::function<bool()>& condition);

}  // namespace mosaic
