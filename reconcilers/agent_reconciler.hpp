// Carries out plans for user and system agents: reads row and engine, plans, does the one action,
// and again, until nothing is left to do or something must be waited for. All decisions are
// plan_agent()'s and plan_failure()'s; here is only the order of reading, writing and acting.
//
// Thread-safety: reconcile() from any number of threads, never for one key twice at once (the queue
// sees to it).
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "controller/health_monitor.hpp"
#include "controller/leadership.hpp"
#include "controller/reconciler.hpp"
#include "model/clock.hpp"
#include "reconcilers/admission.hpp"
#include "reconcilers/agent_plan.hpp"
#include "reconcilers/fingerprints.hpp"
#include "reconcilers/fleet_policy.hpp"
#include "reconcilers/sleep_budget.hpp"
#include "runtime/runtime_driver.hpp"
#include "store/store.hpp"

namespace mosaic {

enum class WakeDepth : std::uint8_t { cold, paused, hibernated };

// Told of what happened, for logs and metrics. From worker threads; must be quick and must not
// throw.
class AgentObserver {
 public:
  virtual ~AgentObserver() = default;
  virtual void on_action(const ResourceKey& key, ActionKind action, Duration took) = 0;
  virtual void on_action_failed(const ResourceKey& key, ActionKind action,
                                const std::string& error) = 0;
  virtual void on_status(const AgentRow& row, const AgentStatus& before,
                         const AgentStatus& after) = 0;
  // `since_request`: from the activity that asked for it, as the row has it; `since_start`: from
  // the process's start.
  virtual void on_woken(const ResourceKey& key, WakeDepth depth, Duration since_request,
                        Duration since_start) = 0;
  virtual void on_stale_observation(const ResourceKey& key) = 0;
};

class AgentReconciler final : public Reconciler {
 public:
  struct Dependencies {
    const Clock& clock;
    AgentReader& rows;
    StatusWriter& statuses;
    EventLog& events;
    RuntimeDriver& driver;
    HealthMonitor& health;
    const Leadership& leadership;
    WorkQueue& queue;
    FleetPolicy& fleet;
    Admission& admission;
    SleepBudget& sleep;
    const Fingerprints& fingerprints;
    AgentObserver& observer;
    std::string instance;
  };
  explicit AgentReconciler(const Dependencies& dependencies);

  Outcome reconcile(const ResourceKey& key) override;

 private:
  // One reconcile's working set.
  struct Pass {
    AgentRow row;
    std::shared_ptr<const FleetPicture> fleet;
    Fingerprints::Wanted wanted;
    ObservedAgent observed;
    HealthView health;
    SleepAllowance sleep;
    std::optional<ScheduleView> schedule;  // once it was asked for
    std::optional<MoveView> move;          // likewise, until a step was made
    std::vector<Event> events;             // written once nobody waits for the action any more
  };
  // decide_again: the action's own answer said all that an observation would say.
  enum class Next : std::uint8_t { observe_again, decide_again, read_again, finished };
  struct Step {
    Next next = Next::finished;
    Outcome outcome;
  };

  Outcome row_gone(const ResourceKey& key);
  Outcome run(Pass& pass, bool& read_again);
  bool observe(Pass& pass);
  void look_at_sleep(Pass& pass);
  Step step(Pass& pass);
  Step finish(Pass& pass, const Plan& plan);
  void note_term();
  bool still_purges(const ResourceKey& key);
  bool settings_moved(const Pass& pass, const Plan& plan);
  std::optional<Step> admit(Pass& pass, const Plan& plan);
  Step failed(Pass& pass, const Plan& plan, const EngineError& error);
  std::optional<Duration> pause_of_full_disk(const ResourceKey& key, ActionKind action);
  void perform(Pass& pass, ActionKind action);
  void note_action(const ResourceKey& key);
  bool is_out_of_date(const ResourceKey& key, TimePoint as_of);
  void note_wake(const Pass& pass, ActionKind action);
  void install_token(Pass& pass);
  Step look_at_move(Pass& pass);
  void advance_move(Pass& pass, MoveStep step);
  void end_move(Pass& pass);
  void note_move(Pass& pass, const AgentStatus& before, const AgentStatus& after);
  void begin_pull(const Pass& pass);
  bool write(Pass& pass, const AgentStatus& status, StatusWrite mode);
  void note_transition(Pass& pass, const AgentStatus& before, const AgentStatus& after);
  void note_configuration(Pass& pass, const AgentStatus& before, const AgentStatus& after);
  void flush_events(Pass& pass);
  void settle_admission(const Pass& pass, const AgentStatus& status);
  void make_room();
  void wake_waiting();
  std::optional<ProbeTarget> probe_target(const Pass& pass) const;

  Dependencies it_;

  std::mutex mutex_;
  // expectations: older observations say nothing
  std::optional<Term> term_;
  TimePoint term_began_{};  // when the first key was reconciled under it
  std::unordered_map<ResourceKey, TimePoint> last_action_;
  std::unordered_map<ResourceKey, WakeDepth> waking_from_;
  std::unordered_map<ResourceKey, ActionKind> disk_was_full_;  // to whose last action
};

}  // namespace mosaic
