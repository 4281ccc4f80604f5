// The engine as one simulated controller sees it: FakeEngine behind calls that can be interrupted, with listings that may
// leave something out and errors that tell more than they should.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "runtime/runtime_driver.hpp"
#include "test/fakes/fake_engine.hpp"
#include "test/simulation/process.hpp"

namespace mosaic::simulation {

// Told, without a way to fail, what a process asks of the engine and what it is told.
class EngineWitness {
 public:
  virtual ~EngineWitness() = default;
  // When the call is begun, and again when its effect is about to happen.
  virtual void engine_call_begins(const Process& process, EngineMethod method) = 0;
  virtual void effect_on_container(const Process& process, EngineMethod method,
                                   const std::string& container_id) = 0;
  virtual void effect_on_volumes(const Process& process, const AgentIdentity& identity) = 0;
  virtual void effect_on_move(const Process& process, const AgentIdentity& identity,
                              MoveStep step) = 0;
  // A call that changes something of that agent has come back, well or not.
  virtual void acted(const Process& process, const ResourceKey& key) = 0;
  virtual void observed(const Process& process, const ResourceKey& key, TimePoint as_of) = 0;
  virtual void observation_failed(const Process& process, const ResourceKey& key) = 0;
  virtual void listed(const Process& process, TimePoint as_of) = 0;
};

class ProcessEngine final : public RuntimeDriver {
 public:
  // `leave_out`: whether one entry of a listing is missing.
  ProcessEngine(FakeEngine& engine, const Clock& clock, Process& process,
                Interruptions& interruptions, EngineWitness& witness,
                std::function<bool()> leave_out)
      : engine_(engine),
        clock_(clock),
        process_(process),
        interruptions_(interruptions),
        witness_(witness),
        leave_out_(std::move(leave_out)) {}

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
  // Every method is one change here, about which the fence has asked already.
  void before_each_change(std::function<void()>) override {}
  void watch(EngineListener& listener) override { listener_ = &listener; }
  void stop_watching() override { listener_ = nullptr; }

  // Whom events are for; null before watch().
  EngineListener* listener() const { return listener_; }

 private:
  template <typename Work>
  auto call(EngineMethod method, std::string_view target, Work work);
  // A call that changes something about one container.
  template <typename Work>
  auto change(EngineMethod method, const std::string& container_id, Work work);
  template <typename Work>
  auto change_of(EngineMethod method, const ResourceKey& key, Work work);

  FakeEngine& engine_;
  const Clock& clock_;
  Process& process_;
  Interruptions& interruptions_;
  EngineWitness& witness_;
  const std::function<bool()> leave_out_;
  EngineListener* listener_ = nullptr;
};

}  // namespace mosaic::simulation
