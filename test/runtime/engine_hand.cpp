#include "test/runtime/engine_hand.hpp"

#include <cstdlib>
#include <random>
#include <stdexcept>
#include <thread>

namespace mosaic {

using nlohmann::json;

EngineRequest hand_request(std::string_view method, const std::string& path) {
  EngineRequest request;
  request.method = method;
  request.route = "/test";
  request.path = path;
  request.doing = std::string(method) + " " + path;
  request.timeout = std::chrono::seconds(60);
  return request;
}

json EngineHand::get(const std::string& path) {
  return json::parse(engine_.call(hand_request("GET", path)).body);
}

json EngineHand::post(const std::string& path, const json& body) {
  EngineRequest request = hand_request("POST", path);
  if (!body.is_null()) request.body = body.dump();
  return json::parse(engine_.call(request).body, nullptr, false);
}

void EngineHand::remove(const std::string& path) {
  engine_.call_accepting(hand_request("DELETE", path), {404});
}

std::string required_variable(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr || *value == '\0') {
    throw std::runtime_error(std::string(name) + " is not set: run ./dev test");
  }
  return value;
}

std::string random_instance() {
  std::random_device random;
  char digits[16];
  std::snprintf(digits, sizeof digits, "%06x%06x", random() & 0xFFFFFF, random() & 0xFFFFFF);
  return digits;
}

bool soon(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

}  // namespace mosaic
