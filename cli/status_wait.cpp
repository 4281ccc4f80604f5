#include "cli/status_wait.hpp"

#include <ostream>
#include <thread>

#include "cli/failure.hpp"
#include "cli/output.hpp"

namespace mosaic::cli {
namespace {

std::string why(const AgentRow& row) {
  const Condition* moving = find_condition(row.status, condition::moving);
  if (moving != nullptr && moving->status == ConditionStatus::yes && !row.move_to_node.empty())
    return moving->message;
  const Condition* ready = find_condition(row.status, condition::ready);
  if (ready != nullptr && ready->status != ConditionStatus::yes && !ready->message.empty())
    return ready->message;
  return row.status.last_error;
}

std::string with_reason(const std::optional<AgentRow>& row) {
  if (!row) return "it is gone";
  const std::string reason = why(*row);
  return "it is " + std::string(to_string(row->status.phase)) +
         (reason.empty() ? "" : ": " + reason);
}

// Prints a line whenever the phase, or the reason within a phase, is another than before.
class PhasePrinter {
 public:
  PhasePrinter(std::ostream& out, const Clock& clock)
      : out_(out), clock_(clock), begun_(clock.steady_now()) {}

  void show(const std::optional<AgentRow>& row) {
    const std::string text = row ? describe(*row) : "gone";
    if (text == last_) return;
    last_ = text;
    const auto since = std::chrono::duration_cast<Duration>(clock_.steady_now() - begun_);
    out_ << "  " << printable(text) << "  (after " << to_human(since) << ")\n" << std::flush;
  }

 private:
  static std::string describe(const AgentRow& row) {
    std::string text(to_string(row.status.phase));
    const std::string reason = row.status.phase == Phase::running ? "" : why(row);
    return reason.empty() ? text : text + ": " + reason;
  }

  std::ostream& out_;
  const Clock& clock_;
  const SteadyTime begun_;
  std::string last_;
};

}  // namespace

void wait_for_status(AgentReader& rows, const Clock& clock, const ResourceKey& key,
                     const std::string& name, const StatusGoal& goal, const StatusWait& wait,
                     std::ostream& progress) {
  const SteadyTime deadline = clock.steady_now() + wait.limit;
  PhasePrinter printer(progress, clock);
  for (;;) {
    const auto row = rows.find_agent(key);
    printer.show(row);
    switch (goal(row)) {
      case Progress::reached:
        return;
      case Progress::failed:
        throw CommandError(name + " did not get there; " + with_reason(row));
      case Progress::waiting:
        break;
    }
    if (clock.steady_now() >= deadline) {
      throw WaitTimeoutError(name + " is not there yet after " + to_human(wait.limit) + "; " +
                             with_reason(row) + "; it goes on without us, see mosaic describe " +
                             std::string(short_name(key.kind)) + " " + name);
    }
    if (wait.pause) {
      wait.pause(wait.poll_every);
    } else {
      std::this_thread::sleep_for(wait.poll_every);
    }
  }
}

StatusGoal running_goal(std::int64_t generation, std::optional<TimePoint> not_started_at) {
  // A failure that stood there before we asked may be over in a moment: it counts when it stays, or
  // comes again.
  constexpr int looks_at_an_old_failure = 30;
  return [=, patience = looks_at_an_old_failure](const std::optional<AgentRow>& row) mutable {
    if (!row || row->deletion_requested_at) return Progress::failed;
    if (row->status.phase == Phase::failed)
      return --patience > 0 ? Progress::waiting : Progress::failed;
    patience = 0;
    const bool new_process = !not_started_at || row->status.started_at != not_started_at;
    const bool current = row->status.observed_generation >= generation;
    return row->status.phase == Phase::running && new_process && current ? Progress::reached
                                                                         : Progress::waiting;
  };
}

StatusGoal stopped_goal(std::int64_t generation) {
  return [=](const std::optional<AgentRow>& row) {
    if (!row) return Progress::reached;
    const bool current = row->status.observed_generation >= generation;
    return row->status.phase == Phase::stopped && current ? Progress::reached : Progress::waiting;
  };
}

StatusGoal moved_goal(std::int64_t generation) {
  return [=](const std::optional<AgentRow>& row) {
    if (!row || row->deletion_requested_at) return Progress::failed;
    const bool current = row->status.observed_generation >= generation;
    if (!row->move_to_node.empty() || !current) return Progress::waiting;
    const Condition* moving = find_condition(row->status, condition::moving);
    if (moving != nullptr && moving->reason == "Moved") return Progress::reached;
    throw CommandError(moving == nullptr ? "it was not moved" : moving->message);
  };
}

StatusGoal gone_goal() {
  return [](const std::optional<AgentRow>& row) {
    if (!row) return Progress::reached;
    return row->deletion_requested_at ? Progress::waiting : Progress::failed;
  };
}

}  // namespace mosaic::cli
