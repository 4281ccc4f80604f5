// What an agent's own scheduled jobs mean for its sleep.
//
// Pure. The view is what the agent's container says of itself: it decides only about when that
// agent is awake, and every hold on its sleep is bounded.
#pragma once

#include <optional>
#include <string>

#include "model/agent.hpp"
#include "model/observed.hpp"

namespace mosaic {

// How long after a due time the gateway is given to begin the job, before it is asked.
inline constexpr Duration job_settle_time = std::chrono::seconds(20);
// How often a running or late job is looked at; each look costs the agent a tenth of a CPU-second.
inline constexpr Duration job_recheck = std::chrono::seconds(15);
// A job that has not begun so long after its time and after the agent was ready, or has run for so
// long, holds nobody awake. A gateway that boots puts missed jobs off by two minutes itself.
// OpenClaw's own watchdog ends a run after 60 minutes.
inline constexpr Duration longest_lateness = std::chrono::minutes(10);
inline constexpr Duration longest_run = std::chrono::minutes(65);

struct ScheduleFinding {
  std::optional<TimePoint> next_due_at;  // for the row
  bool holds = false;                    // a job runs, or is late: not the time to sleep
  Condition condition;                   // of type Schedule, but for its time
};

// `status`: the row's; its due time, and since when the agent is ready.
ScheduleFinding judge_schedule(const ScheduleView& view, const AgentStatus& status, TimePoint now);

}  // namespace mosaic
