// Should this agent have a process now? The one place that knows what keeps an agent awake, and
// until when.
//
// Pure. User and system agents differ only here.
#pragma once

#include <optional>

#include "model/agent.hpp"
#include "model/clock.hpp"

namespace mosaic {

enum class WakeReason : std::uint8_t {
  in_use,     // asleep otherwise: last activity or a running turn is recent enough
  always_on,  // a system agent, or a user agent with desiredState "running"
};
enum class SleepReason : std::uint8_t {
  idle,
  never_used,
  stop_requested,  // desiredState "stopped"
  inactive,        // a system agent whose isActive is false
};

struct Wakefulness {
  bool awake = false;
  WakeReason wake_reason = WakeReason::in_use;
  SleepReason sleep_reason = SleepReason::idle;
  // when an agent that is awake by use becomes idle, as things stand
  std::optional<TimePoint> until;
};

Wakefulness wakefulness(const AgentRow& row, TimePoint now);

// A turn or stream is running: the agent may not be put to sleep by idling (S3), and a restart
// waits for it.
bool is_busy(const AgentRow& row, TimePoint now);

}  // namespace mosaic
