// A corner of the real engine of MOSAIC_TEST_ENGINE for one test: a driver of an instance of its own, a hand that
// does what humans do, and everything gone at the end.
//
// Thread-safety: one test thread.
#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "runtime/docker/docker_driver.hpp"
#include "test/runtime/engine_hand.hpp"

namespace mosaic {

class DockerLab {
 public:
  // `adjust` changes the driver's settings before it is made.
  explicit DockerLab(const std::function<void(DockerSettings&)>& adjust = {});
  ~DockerLab();
  DockerLab(const DockerLab&) = delete;
  DockerLab& operator=(const DockerLab&) = delete;

  DockerDriver& driver() { return *driver_; }
  // A second driver of the same instance.
  std::unique_ptr<DockerDriver> another_driver(
      const std::function<void(DockerSettings&)>& adjust = {});
  EngineClient& engine() { return hand_->engine(); }
  const DockerSettings& settings() const { return settings_; }

  std::string image() const { return image_; }
  AgentIdentity agent(const std::string& owner) const;
  AgentSpec spec_of(const AgentIdentity& identity) const;
  std::string create(const AgentIdentity& identity);

  // The human's hand
  nlohmann::json get(const std::string& path) { return hand_->get(path); }
  nlohmann::json post(const std::string& path, const nlohmann::json& body) {
    return hand_->post(path, body);
  }
  void remove(const std::string& path) { hand_->remove(path); }
  // What `command` prints in a running container; its exit code is appended as " exit=N".
  std::string run_inside(const std::string& container_id, const std::vector<std::string>& command);
  void remove_later(const std::string& path) { garbage_.push_back(path); }

  // The conformance suite's harness
  std::string add_foreign_container(const std::string& name);
  std::string add_foreign_network(const std::string& name);
  bool foreign_container_runs(const std::string& id);
  bool foreign_network_exists(const std::string& name);
  void human_kills(const std::string& container_id);
  void human_removes(const std::string& container_id);
  bool human_removes_network(const AgentIdentity& identity);
  void leave_helper_behind();
  bool has_helper();
  bool is_watching(int events_missed) const { return events_missed > 0; }
  bool listens(const std::string& endpoint);
  bool eventually(const std::function<bool()>& condition) { return soon(condition); }

 private:
  void remove_everything_of_ours();

  SystemClock clock_;
  NullIsolation isolation_{"not part of this test"};
  NoMemoryReclaimer reclaimer_{"not part of this test"};
  DockerSettings settings_;
  std::string image_;
  std::vector<std::string> garbage_;
  std::unique_ptr<EngineHand> hand_;
  std::unique_ptr<DockerDriver> driver_;
};

}  // namespace mosaic
