// What the row should say when the engine refused a step, or admission let it wait, and when to
// look again.
//
// Pure. An engine that merely does not answer proves nothing about an agent that was ready, so its
// status stays.
#pragma once

#include <optional>
#include <string>

#include "model/agent.hpp"
#include "reconcilers/agent_plan.hpp"
#include "runtime/runtime_driver.hpp"

namespace mosaic {

struct FailurePlan {
  AgentStatus status;
  // When to look again; nothing: the queue's own back-off decides (the error is transient or of
  // unknown nature).
  std::optional<Duration> requeue_after;
};

// `status`: what the plan wanted to write. `before`: what the row says now.
FailurePlan plan_failure(const AgentStatus& before, const AgentStatus& status, ActionKind action,
                         EngineErrorKind kind, const std::string& message, TimePoint now);

// The fleet has no room now. The one who makes room wakes the waiting; `requeue_after` is a safety
// net.
FailurePlan plan_waiting(const AgentStatus& before, const std::string& reason,
                         const std::string& message, TimePoint now);

}  // namespace mosaic
