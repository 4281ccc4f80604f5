// An installation whose agents run on a real Docker Swarm (environment/swarm-lab): API and controller stand on the
// fleet's overlay network, in the network of a container on the first node, and people reach the API at a port that this
// container publishes.
//
// Used from the test's main thread. The destructor removes everything it made, on the swarm too.
#pragma once

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
  // The same for several people at the same time, in their order.
  std::vector<int> chat_at_once(const std::vector<std::string>& tokens);
  // Has nobody have been there for half an hour, and waits until it sleeps. The API may still be writing down the last turn.
  testing::AssertionResult falls_asleep(const std::string& id, std::chrono::milliseconds limit);
  // API and controller, and waits until both are up.
  void start_processes();
  // "ready" or "down", as the swarm sees it.
  std::string node_state(const std::string& node);
  int tasks_running(const std::string& id);
  // A service like that agent's, on the fleet's network and without anything of ours around it, asleep; and how many
  // seconds it takes from the wish for a replica until it answers a probe. Asleep again afterwards.
  std::string make_bare_service(const std::string& id);
  double wake_bare_service(const std::string& service);
  // "n2": where the newest running task of the agent is; empty: it has none.
  std::string node_of(const std::string& id);
  // As the agent's process sees it.
  std::string read_in_agent(const std::string& id, const std::string& file);
  void write_in_agent(const std::string& id, const std::string& file, const std::string& text);
  // "True", "False" or empty, of that condition.
  std::string condition(const std::string& id, const std::string& type);
  // "kill n2": what environment/swarm-lab does to a node.
  static void lab(const std::string& what);

 private:
  void make_house();
  std::vector<std::string> in_house();
  void remove_services();
  Command chat_command(const std::string& token) const;
  nlohmann::json manager(const std::string& method, const std::string& path,
                         const std::string& body = {});
  void scale(const std::string& service, int replicas);
  std::string service_of(const std::string& id);
  std::string exec(const std::string& id, const std::string& script);

  Engine manager_;
  int port_;
  std::string house_;
  int turns_ = 0;
  std::unique_ptr<Fleet> fleet_;
};

}  // namespace mosaic::e2e
