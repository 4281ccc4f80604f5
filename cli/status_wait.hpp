// --wait: follows one row until it is as asked for, printing each phase that it goes through.
//
// Reads the row every 100 ms and nothing else: what a controller says in the row is the truth about
// an agent.
#pragma once

#include <functional>
#include <iosfwd>
#include <optional>
#include <string>

#include "model/agent.hpp"
#include "model/clock.hpp"
#include "store/store.hpp"

namespace mosaic::cli {

enum class Progress : std::uint8_t { waiting, reached, failed };

struct StatusWait {
  Duration limit = std::chrono::minutes(5);
  Duration poll_every = std::chrono::milliseconds(100);
  std::function<void(Duration)> pause;  // real time, unless a test says otherwise
};

// Judges what was just read; nothing: the row is gone.
using StatusGoal = std::function<Progress(const std::optional<AgentRow>&)>;

// Throws WaitTimeoutError, or CommandError with the row's own reason when the goal has failed.
void wait_for_status(AgentReader& rows, const Clock& clock, const ResourceKey& key,
                     const std::string& name, const StatusGoal& goal, const StatusWait& wait,
                     std::ostream& progress);

// Ready with a process; `not_started_at` is the start of one that does not count (before a
// restart).
StatusGoal running_goal(std::int64_t generation,
                        std::optional<TimePoint> not_started_at = std::nullopt);
StatusGoal stopped_goal(std::int64_t generation);
// Where it was to go, also when it was there already. Throws CommandError with the reason why it could not be moved.
StatusGoal moved_goal(std::int64_t generation);
StatusGoal gone_goal();

}  // namespace mosaic::cli
