// A corner of the real Swarm of MOSAIC_TEST_SWARM for one test: a driver of an instance of its own, a hand that does what
// humans do on its first node, and everything gone at the end.
//
// Thread-safety: one test thread.
#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "runtime/swarm/swarm_driver.hpp"
#include "test/runtime/engine_hand.hpp"

namespace mosaic {

class SwarmLab {
 public:
  // How agents are reached: at their own address, or through a link from a network of the fleet.
  enum class Way : std::uint8_t { direct, link };
  explicit SwarmLab(Way way = Way::direct);
  ~SwarmLab();
  SwarmLab(const SwarmLab&) = delete;
  SwarmLab& operator=(const SwarmLab&) = delete;

  SwarmDriver& driver() { return *driver_; }
  EngineHand& hand() { return *hand_; }
  const SwarmSettings& settings() const { return settings_; }
  std::string image() const { return image_; }
  AgentIdentity agent(const std::string& owner) const;
  AgentSpec spec_of(const AgentIdentity& identity) const;
  std::string create(const AgentIdentity& identity);
  // Asked for, of a service by name.
  int replicas(const std::string& service);
  // What a driver of plain engines would leave of it.
  void make_plain_agent(const AgentIdentity& identity);
  // An overlay network that is not ours.
  void take_network(const std::string& name);
  // On the first node: a container on the fleet's network under that name, the container of a service's task, and whether
  // from within one a gateway answers at an endpoint.
  std::string run_on_fleet(const std::string& alias);
  std::string container_of(const std::string& service_id);
  bool fetches(const std::string& container, const std::string& endpoint);
  // Ids by host name.
  std::string node_id(const std::string& host_name);

  // The conformance suite's harness
  std::string add_foreign_container(const std::string& name);
  std::string add_foreign_network(const std::string& name);
  bool foreign_container_runs(const std::string& id);
  bool foreign_network_exists(const std::string& name);
  void human_kills(const std::string& service_id);  // its task is on the first node
  void human_removes(const std::string& service_id);
  bool human_removes_network(const AgentIdentity&) { return false; }
  void leave_helper_behind();
  bool has_helper();
  bool is_watching(int events_missed) const { return events_missed > 0; }
  // Out of reach from here, and how its task ended is not what the driver reports.
  bool listens(const std::string&) { return true; }
  bool eventually(const std::function<bool()>& condition) { return soon(condition); }

 private:
  nlohmann::json tasks_of(const std::string& service_id);
  void make_fleet();
  void remove_everything_of_ours();

  SystemClock clock_;
  SwarmSettings settings_;
  std::string image_;
  std::vector<std::string> garbage_;
  std::unique_ptr<EngineHand> hand_;
  std::unique_ptr<SwarmDriver> driver_;
};

class LinkedSwarmLab final : public SwarmLab {
 public:
  LinkedSwarmLab() : SwarmLab(Way::link) {}
};

}  // namespace mosaic
