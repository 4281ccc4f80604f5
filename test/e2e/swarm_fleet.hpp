// An installation whose agents run on a real Docker Swarm (environment/swarm-lab): API and controller stand on the
// fleet's overlay network, in the network of a container on the first node, and people reach the API at a port that this
// container publishes.
//
// Used from the test's main thread. The destructor removes everything it made, on the swarm too.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "test/e2e/fleet.hpp"

namespace mosaic::e2e {

class SwarmFleet {
 public:
  SwarmFleet();
  ~SwarmFleet();
  SwarmFleet(const SwarmFleet&) = delete;
  SwarmFleet& operator=(const SwarmFleet&) = delete;

  Fleet& fleet() { return *fleet_; }
  // A user with an agent that sleeps; what they sign in with.
  std::string insert_person(const std::string& id, const std::string& owner);
  // A chat turn through the API; the HTTP status, or 0.
  int chat(const std::string& token);
  // Has nobody have been there for half an hour, and waits until it sleeps. The API may still be writing down the last turn.
  testing::AssertionResult falls_asleep(const std::string& id, std::chrono::milliseconds limit);
  // "n2": where the newest running task of the agent is; empty: it has none.
  std::string node_of(const std::string& id);
  // As the agent's process sees it.
  std::string read_in_agent(const std::string& id, const std::string& file);
  void write_in_agent(const std::string& id, const std::string& file, const std::string& text);
  // Of the user's state volume on a node, from outside.
  std::filesystem::path state_folder(const std::string& node, const std::string& owner) const;
  // "True", "False" or empty, of that condition.
  std::string condition(const std::string& id, const std::string& type);
  // "kill n2": what environment/swarm-lab does to a node.
  static void lab(const std::string& what);

 private:
  void make_house();
  void start_processes();
  std::vector<std::string> in_house();
  void remove_services();
  std::string service_of(const std::string& id);
  std::string exec(const std::string& id, const std::string& script);

  Engine manager_;
  int port_;
  std::string house_;
  std::unique_ptr<Fleet> fleet_;
};

}  // namespace mosaic::e2e
