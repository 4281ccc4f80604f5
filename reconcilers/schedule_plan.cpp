#include "reconcilers/schedule_plan.hpp"

#include <algorithm>

namespace mosaic {
namespace {

std::string about_watchers(int watchers) {
  if (watchers == 0) return {};
  return "; " + std::to_string(watchers) + (watchers == 1 ? " job waits" : " jobs wait") +
         " for an event inside its container, which cannot happen while it sleeps";
}

Condition condition_of(ConditionStatus status, std::string reason, std::string message) {
  Condition condition;
  condition.type = std::string(condition::schedule);
  condition.status = status;
  condition.reason = std::move(reason);
  condition.message = std::move(message);
  return condition;
}

TimePoint ready_since(const AgentStatus& status, TimePoint now) {
  const Condition* ready = find_condition(status, condition::ready);
  return ready != nullptr && ready->status == ConditionStatus::yes ? ready->last_transition : now;
}

ScheduleFinding cannot_be_told(const ScheduleView& view, const AgentStatus& status, TimePoint now) {
  ScheduleFinding finding;
  const std::optional<TimePoint>& recorded = status.next_due_at;
  // What was read earlier may still be right; what it said of the past is over.
  if (recorded && *recorded > now) finding.next_due_at = recorded;
  finding.condition =
      condition_of(ConditionStatus::unknown, "CannotBeTold",
                   "when its own scheduled jobs are due cannot be told: " + view.unknown_reason +
                       "; those that are due while it sleeps wait for its next use");
  return finding;
}

}  // namespace

ScheduleFinding judge_schedule(const ScheduleView& view, const AgentStatus& status, TimePoint now) {
  if (!view.known) return cannot_be_told(view, status, now);
  ScheduleFinding finding;
  const std::string watchers = about_watchers(view.watchers);
  if (view.running_since && now < *view.running_since + longest_run) {
    finding.holds = true;
    finding.next_due_at = status.next_due_at;
    finding.condition =
        condition_of(ConditionStatus::yes, "JobRunning", "a job of its own is running" + watchers);
    return finding;
  }
  if (!view.next_due_at) {
    finding.condition = condition_of(view.watchers > 0 ? ConditionStatus::no : ConditionStatus::yes,
                                     "NothingDue", "no job of its own has a due time" + watchers);
    return finding;
  }
  const TimePoint due = *view.next_due_at;
  const std::string at = to_iso8601(due);
  if (due > now) {
    finding.next_due_at = due;
    finding.condition =
        condition_of(ConditionStatus::yes, "JobDue", "its next job is due at " + at + watchers);
  } else if (now < std::max(due, ready_since(status, now)) + longest_lateness) {
    finding.holds = true;
    finding.next_due_at = due;
    finding.condition =
        condition_of(ConditionStatus::yes, "JobLate",
                     "a job was due at " + at + " and is about to begin" + watchers);
  } else {
    finding.condition =
        condition_of(ConditionStatus::no, "JobMissed",
                     "a job was due at " + at +
                         " and has not begun, although the agent was awake for it" + watchers);
  }
  return finding;
}

}  // namespace mosaic
