#include "reconcilers/failure_plan.hpp"

#include <algorithm>

#include "reconcilers/config_hash.hpp"

namespace mosaic {
namespace {

constexpr Duration resource_recheck = std::chrono::seconds(30);
constexpr Duration shortest_start_retry = std::chrono::seconds(10);
constexpr Duration reload_retry = std::chrono::seconds(5);

std::string reason_of(EngineErrorKind kind) {
  switch (kind) {
    case EngineErrorKind::unavailable:
      return "EngineUnreachable";
    case EngineErrorKind::permission_denied:
      return "EnginePermissionDenied";
    case EngineErrorKind::image_missing:
      return "ImageMissing";
    case EngineErrorKind::subnets_exhausted:
      return "SubnetsExhausted";
    case EngineErrorKind::disk_full:
      return "DiskFull";
    case EngineErrorKind::out_of_memory:
      return "OutOfMemory";
    case EngineErrorKind::isolation_unavailable:
      return "IsolationUnavailable";
    case EngineErrorKind::not_found:
    case EngineErrorKind::conflict:
    case EngineErrorKind::refused:
    case EngineErrorKind::failed:
      return "EngineRefused";
  }
  return "EngineRefused";
}

FailurePlan waiting(AgentStatus status, const std::string& reason, const std::string& message,
                    TimePoint now, std::optional<Duration> requeue_after) {
  if (status.phase != Phase::deleting) status.phase = Phase::waiting;
  status.last_error = message;
  set_condition(status, std::string(condition::ready), ConditionStatus::no, reason, message, now);
  return FailurePlan{std::move(status), requeue_after};
}

// The engine could not start what it created: the same as a process that ends at once.
FailurePlan failed_start(AgentStatus status, const std::string& message, TimePoint now) {
  ++status.restart_count;
  const Duration delay = std::max(crash_backoff(status.restart_count), shortest_start_retry);
  status.phase = Phase::failed;
  status.next_retry_at = now + delay;
  status.last_error = message;
  set_condition(status, std::string(condition::ready), ConditionStatus::no, "StartFailed", message,
                now);
  return FailurePlan{std::move(status), delay};
}

// The agent runs on; which configuration it has is not known. The planner restarts it when that
// has happened often enough.
FailurePlan failed_reload(AgentStatus status, const std::string& message, TimePoint now) {
  const int failures = failed_reloads(status.config_hash).value_or(0) + 1;
  status.config_hash = doubtful_config_hash(status.config_hash, failures);
  set_condition(status, std::string(condition::configuration), ConditionStatus::no, "ReloadFailed",
                message, now);
  return FailurePlan{std::move(status), reload_retry};
}

bool brings_up(ActionKind action) {
  return action == ActionKind::begin_pull || action == ActionKind::ensure_volumes ||
         action == ActionKind::ensure_network || action == ActionKind::create_container ||
         action == ActionKind::start || action == ActionKind::none;
}

}  // namespace

FailurePlan plan_failure(const AgentStatus& before, const AgentStatus& status, ActionKind action,
                         EngineErrorKind kind, const std::string& message, TimePoint now) {
  switch (kind) {
    case EngineErrorKind::unavailable:
    case EngineErrorKind::permission_denied: {
      const bool has_or_had_process =
          before.phase == Phase::running || before.phase == Phase::draining ||
          before.phase == Phase::paused || before.phase == Phase::hibernated ||
          before.phase == Phase::stopping || before.phase == Phase::stopped;
      if (has_or_had_process || !brings_up(action)) return FailurePlan{before, std::nullopt};
      return waiting(before, reason_of(kind), message, now, std::nullopt);
    }
    case EngineErrorKind::image_missing:
    case EngineErrorKind::subnets_exhausted:
    case EngineErrorKind::disk_full:
    case EngineErrorKind::out_of_memory:
    case EngineErrorKind::isolation_unavailable:
      if (!brings_up(action)) return FailurePlan{before, std::nullopt};
      return waiting(before, reason_of(kind), message, now, resource_recheck);
    case EngineErrorKind::not_found:
    case EngineErrorKind::conflict:
      // The engine's state moved under us: the next observation shows how.
      return FailurePlan{before, std::nullopt};
    case EngineErrorKind::refused:
    case EngineErrorKind::failed:
      if (action == ActionKind::reload) return failed_reload(before, message, now);
      if (action == ActionKind::start || action == ActionKind::create_container) {
        return failed_start(status, message, now);
      }
      return FailurePlan{before, std::nullopt};
  }
  return FailurePlan{before, std::nullopt};
}

FailurePlan plan_waiting(const AgentStatus& before, const std::string& reason,
                         const std::string& message, TimePoint now) {
  AgentStatus status = before;
  status.phase = before.phase == Phase::paused || before.phase == Phase::hibernated
                     ? before.phase
                     : Phase::waiting;
  set_condition(status, std::string(condition::ready), ConditionStatus::no, reason, message, now);
  return FailurePlan{std::move(status), resource_recheck};
}

}  // namespace mosaic
