// A RuntimeDriver that begins no call once the lease can no longer be trusted (S8): every
// reconciler talks to the engine through it, so that no path can forget to ask. The driver itself
// asks again before each change: one method may make several, and minutes may pass between two of
// them when the process is suspended.
//
// Thread-safety: as the wrapped driver. Throws LeadershipLost instead of calling.
#pragma once

#include <string>
#include <vector>

#include "controller/leadership.hpp"
#include "runtime/runtime_driver.hpp"

namespace mosaic {

class FencedDriver final : public RuntimeDriver {
 public:
  FencedDriver(RuntimeDriver& driver, const Leadership& leadership);
  ~FencedDriver() override;

  EngineInfo info() override;
  std::string template_fingerprint() const override;
  std::vector<ListedContainer> list_agents() override;
  std::vector<ListedNetwork> list_networks() override;
  ObservedAgent observe(const AgentIdentity& identity, const std::string& image) override;
  void ensure_volumes(const AgentIdentity& identity) override;
  void ensure_network(const AgentIdentity& identity) override;
  ContainerView create_container(const AgentSpec& spec) override;
  void start(const std::string& container_id) override;
  void terminate(const std::string& container_id) override;
  void kill(const std::string& container_id) override;
  void pause(const std::string& container_id) override;
  void unpause(const std::string& container_id) override;
  void reclaim(const std::string& container_id) override;
  void reload_configuration(const std::string& container_id) override;
  ScheduleView read_schedule(const std::string& container_id) override;
  void remove_container(const std::string& container_id) override;
  void remove_network(const std::string& network_name) override;
  void remove_volumes(const AgentIdentity& identity) override;
  MoveView look_at_move(const AgentIdentity& identity, const std::string& node) override;
  void advance_move(const AgentIdentity& identity, const std::string& node, MoveStep step) override;
  void remove_leftovers() override;
  void begin_pull(const std::string& image) override;
  ImageView image(const std::string& image) override;
  std::optional<MemoryUse> memory_use(const std::string& container_id) override;
  void before_each_change(std::function<void()> check) override;
  void watch(EngineListener& listener) override;
  void stop_watching() override;

 private:
  // The driver, if we may act.
  RuntimeDriver& trusted();

  RuntimeDriver& driver_;
  const Leadership& leadership_;
};

}  // namespace mosaic
