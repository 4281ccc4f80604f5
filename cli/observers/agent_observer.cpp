#include "cli/observers/agent_observer.hpp"

#include "cli/observers/reconcile_trace.hpp"
#include "reconcilers/config_hash.hpp"

namespace mosaic::cli {
namespace {

std::string_view word(WakeDepth depth) {
  switch (depth) {
    case WakeDepth::cold:
      return "cold";
    case WakeDepth::paused:
      return "paused";
    case WakeDepth::hibernated:
      return "hibernated";
  }
  return "cold";
}

bool asleep(Phase phase) {
  return phase == Phase::stopped || phase == Phase::paused || phase == Phase::hibernated;
}

std::string_view reason_of(const AgentStatus& status, std::string_view type) {
  const Condition* condition = find_condition(status, type);
  return condition == nullptr ? std::string_view() : std::string_view(condition->reason);
}

}  // namespace

void AgentLog::on_action(const ResourceKey& key, ActionKind action, Duration took) {
  const std::string name = to_string(key);
  log_.with_correlation(ReconcileTrace::current())
      .debug("acted",
             {{Field::key, name}, {Field::action, to_string(action)}, {Field::duration_ms, took}});
}

void AgentLog::on_action_failed(const ResourceKey& key, ActionKind action,
                                const std::string& error) {
  const std::string name = to_string(key);
  log_.with_correlation(ReconcileTrace::current())
      .warning("action failed",
               {{Field::key, name}, {Field::action, to_string(action)}, {Field::error, error}});
}

void AgentLog::on_status(const AgentRow& row, const AgentStatus& before, const AgentStatus& after) {
  count_transition(row, before, after);
  if (before.phase == after.phase) return;
  const std::string name = to_string(row.key);
  const Logger log = log_.with_correlation(ReconcileTrace::current());
  const std::string_view reason = reason_of(after, condition::ready);
  if (after.phase == Phase::failed) {
    log.warning("agent failed",
                {{Field::key, name}, {Field::reason, reason}, {Field::error, after.last_error}});
  } else {
    log.info("agent changed",
             {{Field::key, name}, {Field::phase, to_string(after.phase)}, {Field::reason, reason}});
  }
}

void AgentLog::count_transition(const AgentRow& row, const AgentStatus& before,
                                const AgentStatus& after) {
  const std::string_view kind = short_name(row.key.kind);
  if (before.phase != after.phase) {
    metrics_.containers(kind, to_string(before.phase)).Decrement();
    metrics_.containers(kind, to_string(after.phase)).Increment();
    if (asleep(after.phase) && !asleep(before.phase)) {
      const bool idle = reason_of(after, condition::ready) == "Idle";
      metrics_.idle_stops(idle ? "idle_timeout" : "requested").Increment();
    }
  }
  // A roll-out begins when the row says for the first time that the process runs something older.
  const Condition* now = find_condition(after, condition::configuration);
  const Condition* then = find_condition(before, condition::configuration);
  const bool outdated = now != nullptr && now->reason == "ConfigurationChanged";
  const bool reloaded = failed_reloads(before.config_hash) && !failed_reloads(after.config_hash);
  if (reloaded || (outdated && (then == nullptr || then->reason != now->reason)))
    metrics_.config_rollouts().Increment();
}

void AgentLog::on_woken(const ResourceKey& key, WakeDepth depth, Duration since_request,
                        Duration since_start) {
  const std::string_view kind = short_name(key.kind);
  metrics_.wake_seconds(kind, word(depth)).Observe(in_seconds(since_request));
  if (depth == WakeDepth::cold)
    metrics_.container_start_seconds(kind).Observe(in_seconds(since_start));
  const std::string name = to_string(key);
  log_.with_correlation(ReconcileTrace::current())
      .info("agent is ready",
            {{Field::key, name}, {Field::state, word(depth)}, {Field::duration_ms, since_request}});
}

void AgentLog::on_stale_observation(const ResourceKey& key) {
  metrics_.observation().stale_observations_skipped.Increment();
  const std::string name = to_string(key);
  log_.with_correlation(ReconcileTrace::current())
      .debug("what was seen is older than our last action; looking again", {{Field::key, name}});
}

}  // namespace mosaic::cli
