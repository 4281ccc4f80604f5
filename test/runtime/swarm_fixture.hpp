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
  SwarmLab();
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
  void remove_everything_of_ours();

  SystemClock clock_;
  SwarmSettings settings_;
  std::string image_;
  std::vector<std::string> garbage_;
  std::unique_ptr<EngineHand> hand_;
  std::unique_ptr<SwarmDriver> driver_;
};

}  // namespace mosaic
