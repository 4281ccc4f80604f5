// One controller's process: the production loop without its threads. Each of what are threads in production (elector,
// informer, listener, prober, workers) takes a step when it is due and is not in the middle of one.
//
// Destroyed only when nothing of it is on the stack, see Process::on_stack.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "reconcilers/control_loop.hpp"
#include "test/fakes/fake_health_monitor.hpp"
#include "test/simulation/invariants.hpp"
#include "test/simulation/process_engine.hpp"
#include "test/simulation/process_store.hpp"

namespace mosaic::simulation {

// What a controller's process needs of the world around it.
struct ControllerWorld {
  const Clock& clock;
  FakeStore& store;
  FakeEngine& engine;
  const SecretBox& box;
  Interruptions& interruptions;
  Invariants& invariants;
  std::function<bool()> leave_out;
  // Whether that process answers its probes now.
  std::function<bool(const ResourceKey& key, const ProbeTarget& target)> answers;
  std::function<std::vector<ResourceKey>()> keys;  // all that were ever there
};

class ControllerProcess final : public ControllerObserver,
                                public InformerObserver,
                                public AgentObserver {
 public:
  ControllerProcess(const ControllerWorld& world, const std::string& name, std::uint64_t seed);

  Process& process() { return process_; }
  bool leads() const { return loop_->leadership().term().has_value(); }

  // Does one thing that is due; false: nothing is. `choice` is any number: where to begin to look.
  bool step(unsigned choice);
  // When time alone will make something due.
  SteadyTime next_due() const;

  // SIGTERM: what is in process has ended (nothing is on the stack); the lease is released last.
  void end_in_order();

  ChangeListener& change_listener() { return loop_->change_listener(); }
  EngineListener* engine_listener() { return engine_.listener(); }
  void request_resync() { loop_->informer().request_resync(); }
  std::string pending() const;  // for a complaint: what its queue holds
  // Nothing happens any more: what is only asked in case of something is asked seldom, to save time.
  void set_calm(bool calm) { calm_ = calm; }

  // Observers: what they are told is text that leaves the process (S5).
  void on_reconcile_begin(const ResourceKey& key) override;
  void on_reconcile_end(const ResourceKey&, ReconcileResult, std::chrono::nanoseconds,
                        std::string_view error) override;
  void on_relisted(std::chrono::nanoseconds, std::size_t, std::size_t, std::size_t) override {}
  void on_relist_failed(const std::string& error) override;
  void on_engine_reachable(bool) override {}
  void on_action(const ResourceKey&, ActionKind, Duration) override {}
  void on_action_failed(const ResourceKey&, ActionKind, const std::string& error) override;
  void on_status(const AgentRow&, const AgentStatus&, const AgentStatus&) override {}
  void on_woken(const ResourceKey&, WakeDepth, Duration, Duration) override {}
  void on_stale_observation(const ResourceKey&) override {}

 private:
  static constexpr int workers = 3;

  // True: it was due.
  bool elect(SteadyTime now);
  bool inform(SteadyTime now);
  bool listen(SteadyTime now);
  bool probe(SteadyTime now);
  bool work(SteadyTime now);
  bool probe_one(const ResourceKey& key, const ProbeTarget& target);

  const ControllerWorld world_;
  Process process_;
  ProcessStore store_;
  ProcessEngine engine_;
  FakeHealthMonitor* health_ = nullptr;
  std::unique_ptr<ControlLoop> loop_;
  bool calm_ = false;

  bool electing_ = false;
  bool informing_ = false;
  bool listening_ = false;
  int working_ = 0;
  SteadyTime next_election_{};
  SteadyTime next_look_{};
  SteadyTime next_poll_{};
  SteadyTime next_probe_{};
  std::string cursor_;
  std::map<ResourceKey, int> missed_;  // probes in a row that a ready agent did not answer
};

}  // namespace mosaic::simulation
