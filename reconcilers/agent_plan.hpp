// The heart of the project: from what should be, what the engine shows and what happened before,
// the one next step for one agent, and what its row should say.
//
// plan_agent() is pure and total: it does no I/O, asks no clock, keeps no state, and has an answer
// for every input. Repeating it with unchanged input and the status it returned gives no action and
// the same status (S: stable). At most one action per plan, so that every point at which a
// controller may die lies between two plans.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "controller/health_monitor.hpp"
#include "model/agent.hpp"
#include "model/fleet_settings.hpp"
#include "model/observed.hpp"

namespace mosaic {

enum class ActionKind : std::uint8_t {
  none,
  begin_pull,
  ensure_volumes,
  ensure_network,
  create_container,
  start,
  terminate,
  kill,
  pause,
  unpause,
  reclaim,
  reload,         // its configuration, by the process that runs
  read_schedule,  // changes nothing: the next plan decides upon what its jobs say
  install_token,  // the row's next one is in force: no process has the one before
  look_at_move,   // changes nothing, as read_schedule
  begin_copy,     // see MoveStep
  keep_copy,
  give_up_copy,
  leave_state,
  end_move,  // the wish is gone from the row
  remove_container,
  remove_network,
  remove_volumes,
  finish_deletion,  // the row itself
};
std::string_view to_string(ActionKind action);

// When the row must say what is about to happen, relative to the action itself.
enum class StatusWrite : std::uint8_t {
  not_yet,         // an intermediate step; a later one is told
  before_action,   // an intention that a successor must know of
  before_if_idle,  // the same, but void when a turn has begun meanwhile: then plan anew
  after_action,
  around_action,  // Plan::intention before, Plan::status after
};

// What the rows ask for, condensed.
struct WantedFingerprints {
  std::string spec;     // of everything fixed at creation: image, limits, token, template
  std::string config;   // of the rendered configuration, see config_hash.hpp
  std::string problem;  // why no configuration can be rendered, for people; else empty
  // of the settings that it was rendered from, see AgentConfigSource
  std::string version = {};
};

enum class SleepDepth : std::uint8_t { paused, hibernated, stopped };
std::string_view to_string(SleepDepth depth);

// How deep this agent is to sleep if it sleeps, as the fleet's budget stands (sleep_budget.hpp).
struct SleepAllowance {
  SleepDepth depth = SleepDepth::stopped;
  std::optional<TimePoint> review_at;  // when time alone may make it deeper
  std::string reason;                  // one line; for the Sleep condition
};

namespace condition {
// is its state its own, or does another container hold it; there only once one did
inline constexpr std::string_view state = "State";
// is the whole of the security baseline around it; there only where some engine could not do all of it
inline constexpr std::string_view baseline = "Baseline";
}  // namespace condition

struct PlanInput {
  const AgentRow& row;
  const WantedFingerprints& wanted;
  const ObservedAgent& observed;
  const HealthView& health;
  const SleepAllowance& sleep;
  const FleetSettings& settings;
  TimePoint now;
  // what the agent's own jobs said, when the plan before this one asked for it (read_schedule)
  const ScheduleView* schedule = nullptr;
  // how far a move is, likewise (look_at_move)
  const MoveView* move = nullptr;
  // What the engine can do, see EngineCapabilities.
  bool can_reload = true;
  std::string_view baseline_gaps = {};
};

struct Plan {
  ActionKind action = ActionKind::none;
  StatusWrite write = StatusWrite::after_action;
  AgentStatus status;             // the row's status side once the action is done
  bool needs_memory = false;      // admission must grant its memory limit first
  bool needs_start_slot = false;  // and one of the fleet's concurrent starts
  bool probe = false;             // the gateway is to be watched
  std::optional<Duration> requeue_after;
  // another row's container stands in the way: is it an orphan?
  std::optional<ResourceKey> suspect;
  bool awaits_image = false;  // whoever brings its image is to wake it
  // `status` says what the process has read, which is so only if the settings are still at the version
  // that this was planned upon: to be looked at after the action, before `status` is written.
  bool vouches_for_settings = false;
  std::optional<AgentStatus> intention;  // see StatusWrite::around_action
};

Plan plan_agent(const PlanInput& input);

// Crash-loop back-off: none after the first unplanned end, then 10 s doubling to 300 s.
Duration crash_backoff(int restart_count);
inline constexpr Duration crash_memory = std::chrono::minutes(10);

// "ran out of memory …", "the gateway refused its configuration …": an exit code in words.
std::string describe_exit(int exit_code, bool oom_killed, std::int64_t memory_mb);

}  // namespace mosaic
