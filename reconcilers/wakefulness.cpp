#include "reconcilers/wakefulness.hpp"

#include <algorithm>

#include "reconcilers/schedule_plan.hpp"

namespace mosaic {
namespace {

constexpr Duration thaw_lead = std::chrono::seconds(10);
constexpr Duration boot_reserve = std::chrono::seconds(20);
// A sleep shorter than this is not worth a stop and a start.
constexpr Duration shortest_sleep = std::chrono::seconds(30);
constexpr std::int64_t usual_boot_ms = 15'000;
constexpr std::int64_t longest_boot_ms = 120'000;

Wakefulness asleep(SleepReason reason, std::optional<TimePoint> wake_at = std::nullopt) {
  return Wakefulness{false, WakeReason::in_use, reason, std::nullopt, wake_at};
}
Wakefulness always_on() {
  return Wakefulness{true, WakeReason::always_on, SleepReason::idle, std::nullopt, std::nullopt};
}

// An agent that nobody uses: only a job of its own can want it.
Wakefulness by_schedule(const AgentRow& row, SleepReason reason, TimePoint now,
                        const ScheduleView* schedule) {
  std::optional<TimePoint> due = row.status.next_due_at;
  if (schedule != nullptr) {
    const ScheduleFinding finding = judge_schedule(*schedule, row.status, now);
    if (finding.holds) {
      return Wakefulness{true, WakeReason::scheduled, reason, now + job_recheck, std::nullopt};
    }
    due = finding.next_due_at;
  }
  if (!due) return asleep(reason);
  const TimePoint wake_at = *due - wake_lead(row.status);
  if (now < wake_at) return asleep(reason, wake_at);
  return Wakefulness{true, WakeReason::scheduled, reason, *due + job_settle_time, std::nullopt};
}

}  // namespace

bool is_busy(const AgentRow& row, TimePoint now) { return row.busy_until && *row.busy_until > now; }

Duration wake_lead(const AgentStatus& status) {
  if (status.phase == Phase::paused || status.phase == Phase::hibernated) return thaw_lead;
  const std::int64_t boot_ms = std::clamp<std::int64_t>(
      status.start_duration_ms.value_or(usual_boot_ms), 0, longest_boot_ms);
  // A gateway that is late puts its jobs off by two minutes, so that being early is cheaper.
  const Duration boot = Duration(boot_ms * 2) + boot_reserve;
  const bool at_rest = status.phase == Phase::stopped;
  return at_rest ? boot : boot + shortest_sleep;
}

Wakefulness wakefulness(const AgentRow& row, TimePoint now, const ScheduleView* schedule) {
  if (row.desired_state == DesiredState::stopped) return asleep(SleepReason::stop_requested);
  if (row.key.kind == ResourceKind::system_container) {
    return row.active ? always_on() : asleep(SleepReason::inactive);
  }
  if (row.desired_state == DesiredState::running) return always_on();

  std::optional<TimePoint> until = row.busy_until;
  if (row.last_active_at) {
    const TimePoint idle_at = *row.last_active_at + row.idle_timeout;
    until = until ? std::max(*until, idle_at) : idle_at;
  }
  if (until && *until > now) {
    return Wakefulness{true, WakeReason::in_use, SleepReason::idle, until, std::nullopt};
  }
  return by_schedule(row, until ? SleepReason::idle : SleepReason::never_used, now, schedule);
}

}  // namespace mosaic
