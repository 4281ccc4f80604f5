// The engine as a human with a terminal sees it, next to the product: listings by label, and the faults that people
// cause. Reads go over the Engine API, changes through the docker command.
//
// Used from one thread. Throws std::runtime_error when the engine does not answer.
#pragma once

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "http/http_client.hpp"
#include "test/e2e/child_process.hpp"

namespace mosaic::e2e {

struct SeenContainer {
  std::string id;
  std::string name;
  std::string state;  // created, running, paused, exited …
  std::string kind;   // our labels; empty for what is not an agent
  std::string row;
  std::string role;

  bool has_process() const { return state == "running" || state == "paused"; }
};

struct SeenNetwork {
  std::string name;
  std::string kind;
  std::string row;
};

class Engine {
 public:
  // The engine of the sandbox, or another one: "unix:///PATH".
  explicit Engine(const std::string& address = {});
  const std::string& address() const { return address_; }

  std::vector<SeenContainer> containers(const std::string& instance);
  std::vector<SeenNetwork> networks(const std::string& instance);
  std::vector<std::string> volumes(const std::string& instance);
  nlohmann::json inspect(const std::string& container);  // null when there is none
  bool answers();

  // `docker ARGUMENTS…`; throws unless it succeeds. Returns what it printed, without the last newline.
  std::string docker(std::vector<std::string> arguments);

  // An image that differs from `base` only by `change` ("ENV NAME=VALUE") and, when given, by the program "openclaw".
  void make_image(const std::string& name, const std::string& base, const std::string& change,
                  const std::string& program = {});
  // Everything with this instance label, by force.
  void remove_everything_of(const std::string& instance);

 private:
  nlohmann::json get(const std::string& target);

  const std::string address_;
  HttpClient client_;
};

std::string instant_image();

}  // namespace mosaic::e2e
