// Should this agent have a process now? The one place that knows what keeps an agent awake, and
// until when; and what wakes one that sleeps.
//
// Pure. User and system agents differ only here.
#pragma once

#include <optional>

#include "model/agent.hpp"
#include "model/clock.hpp"
#include "model/observed.hpp"

namespace mosaic {

enum class WakeReason : std::uint8_t {
  in_use,     // asleep otherwise: last activity or a running turn is recent enough
  always_on,  // a system agent, or a user agent with desiredState "running"
  scheduled,  // asleep otherwise: a job that it set itself is due, late or running
};
enum class SleepReason : std::uint8_t {
  idle,
  never_used,
  stop_requested,  // desiredState "stopped"; no schedule comes against it
  inactive,        // a system agent whose isActive is false
};

struct Wakefulness {
  bool awake = false;
  WakeReason wake_reason = WakeReason::in_use;
  SleepReason sleep_reason = SleepReason::idle;
  // When an agent that is awake by use becomes idle, as things stand; for one that is awake by its
  // schedule, when its jobs are to be looked at. In the past: now.
  std::optional<TimePoint> until;
  // when one that sleeps wakes by itself, for a job
  std::optional<TimePoint> wake_at;
};

// `schedule`: what its jobs said a moment ago, if they were asked; else the row's due time counts.
Wakefulness wakefulness(const AgentRow& row, TimePoint now, const ScheduleView* schedule = nullptr);

// A turn or stream is running: the agent may not be put to sleep by idling (S3), and a restart
// waits for it.
bool is_busy(const AgentRow& row, TimePoint now);

// How long before a due time an agent is woken, or, if it is awake, not put to sleep any more:
// twice its own last boot and something more, or next to nothing when it is only frozen.
Duration wake_lead(const AgentStatus& status);

}  // namespace mosaic
