// The whole loop, assembled over the interfaces of store, engine and probes: queue, lease, fence,
// policy, reconcilers, informer, workers. The command, the benchmarks and the tests assemble it in
// this one way.
//
// Start and stop from one thread. Stopping: no more intake, at most `drain_limit` for what is in
// process, and the lease is released last, so that a successor never acts beside us.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "controller/controller.hpp"
#include "controller/fenced_driver.hpp"
#include "controller/informer.hpp"
#include "controller/leader_elector.hpp"
#include "controller/work_queue.hpp"
#include "reconcilers/admission.hpp"
#include "reconcilers/agent_reconciler.hpp"
#include "reconcilers/fingerprints.hpp"
#include "reconcilers/fleet_policy.hpp"
#include "reconcilers/orphan_reconciler.hpp"
#include "reconcilers/sleep_budget.hpp"
#include "secrets/secret_box.hpp"

namespace mosaic {

struct ControlLoopSettings {
  int workers = 8;
  // containers booting at the same time; two per core is a good default
  int start_concurrency = 4;
  Duration drain_limit = std::chrono::seconds(30);
  std::string holder;  // see this_process_as_holder()
  LeaseSettings lease;
  InformerSettings informer;
  WorkQueueSettings queue;
  std::function<void(FleetSettings&)> override_settings;  // what the environment fixes
};

// Who is told of what. All must outlive the loop.
struct ControlLoopObservers {
  ControllerObserver& controller;
  InformerObserver& informer;
  AgentObserver& agents;
  WorkQueueObserver* queue = nullptr;
  std::function<void(Term)> became_leader;
  std::function<void()> lost_leadership;
  std::function<void(const std::string&)> report;  // one line that an operator should read
};

class ControlLoop {
 public:
  using HealthMonitorFactory = std::function<std::unique_ptr<HealthMonitor>(HealthListener&)>;

  ControlLoop(const Clock& clock, Store& store, RuntimeDriver& driver, const SecretBox& box,
              const HealthMonitorFactory& make_health_monitor, ControlLoopSettings settings,
              ControlLoopObservers observers);
  ~ControlLoop();
  ControlLoop(const ControlLoop&) = delete;
  ControlLoop& operator=(const ControlLoop&) = delete;

  void start();
  void stop();

  // For the database's listener, which the owner starts after the loop and stops before it.
  ChangeListener& change_listener() { return informer_; }
  const Leadership& leadership() const { return elector_; }
  WorkQueue& queue() { return queue_; }
  const Admission& admission() const { return admission_; }

  // For tests and simulation: the same parts, driven without threads.
  LeaderElector& elector() { return elector_; }
  Informer& informer() { return informer_; }
  Controller& controller() { return controller_; }

 private:
  const ControlLoopSettings settings_;
  WorkQueue queue_;
  LeaderElector elector_;
  FencedDriver driver_;
  const std::string instance_;
  Fingerprints fingerprints_;
  Admission admission_;
  SleepBudget sleep_;
  FleetPolicy policy_;
  Informer informer_;
  std::unique_ptr<HealthMonitor> health_;
  AgentReconciler agents_;
  OrphanReconciler orphans_;
  Controller controller_;
  bool started_ = false;
};

}  // namespace mosaic
