#include "reconcilers/wakefulness.hpp"

#include <algorithm>

namespace mosaic {
namespace {

Wakefulness asleep(SleepReason reason) {
  return Wakefulness{false, WakeReason::in_use, reason, std::nullopt};
}
Wakefulness always_on() {
  return Wakefulness{true, WakeReason::always_on, SleepReason::idle, std::nullopt};
}

}  // namespace

bool is_busy(const AgentRow& row, TimePoint now) { return row.busy_until && *row.busy_until > now; }

Wakefulness wakefulness(const AgentRow& row, TimePoint now) {
  if (row.desired_state == DesiredState::stopped) return asleep(SleepReason::stop_requested);
  if (row.key.kind == ResourceKind::system_container) {
    return row.active ? always_on() : asleep(SleepReason::inactive);
  }
  if (row.desired_state == DesiredState::running) return always_on();
  if (!row.last_active_at && !row.busy_until) return asleep(SleepReason::never_used);

  std::optional<TimePoint> until = row.busy_until;
  if (row.last_active_at) {
    const TimePoint idle_at = *row.last_active_at + row.idle_timeout;
    until = until ? std::max(*until, idle_at) : idle_at;
  }
  if (*until <= now) return asleep(SleepReason::idle);
  return Wakefulness{true, WakeReason::in_use, SleepReason::idle, until};
}

}  // namespace mosaic
