#include "cli/agent_views.hpp"

#include <ostream>

namespace mosaic::cli {
namespace {

Json time_or_null(const std::optional<TimePoint>& time) {
  return time ? Json(to_iso8601(*time)) : Json(nullptr);
}

template <typename Value>
Json value_or_null(const std::optional<Value>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json text_or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

Json condition_document(const Condition& condition) {
  return {{"type", condition.type},
          {"status", to_string(condition.status)},
          {"reason", condition.reason},
          {"message", condition.message},
          {"lastTransition", to_iso8601(condition.last_transition)}};
}

Json status_document(const AgentStatus& status) {
  Json conditions = Json::array();
  for (const auto& condition : status.conditions)
    conditions.push_back(condition_document(condition));
  return {{"phase", to_string(status.phase)},
          {"status", seed_status(status.phase)},
          {"containerId", text_or_null(status.container_id)},
          {"endpoint", text_or_null(status.endpoint)},
          {"observedGeneration", status.observed_generation},
          {"restartCount", status.restart_count},
          {"nextRetryAt", time_or_null(status.next_retry_at)},
          {"startedAt", time_or_null(status.started_at)},
          {"readyAt", time_or_null(status.ready_at)},
          {"asleepSince", time_or_null(status.asleep_since)},
          {"drainSince", time_or_null(status.drain_since)},
          {"lastExitAt", time_or_null(status.last_exit_at)},
          {"lastError", text_or_null(status.last_error)},
          {"startDurationMs", value_or_null(status.start_duration_ms)},
          {"nextDueAt", time_or_null(status.next_due_at)},
          {"conditions", std::move(conditions)}};
}

// Why it is as it is: the Ready condition, or the last failure.
std::string reason_line(const AgentRow& row) {
  const Condition* ready = find_condition(row.status, condition::ready);
  if (ready != nullptr && ready->status != ConditionStatus::yes) {
    return ready->message.empty() ? ready->reason : ready->message;
  }
  return row.status.last_error;
}

std::string desired_word(const AgentRow& row) {
  if (row.deletion_requested_at) return row.purge ? "deleted, purged" : "deleted";
  if (!row.active) return "inactive";
  return std::string(to_string(row.desired_state));
}

std::string short_id(const std::string& container_id) { return container_id.substr(0, 12); }

// "Label:            value", for describe.
class Page {
 public:
  explicit Page(std::ostream& out) : out_(out) {}

  void line(const std::string& label, const std::string& value) {
    if (value.empty()) return;
    const std::string text = "  " + label + ":";
    out_ << text << std::string(text.size() < 22 ? 22 - text.size() : 1, ' ') << printable(value)
         << '\n';
  }
  void heading(const std::string& text) { out_ << text << ":\n"; }

 private:
  std::ostream& out_;
};

std::string at(const std::optional<TimePoint>& time, TimePoint now) {
  return time ? to_iso8601(*time) + " (" + age(time, now) + ")" : "";
}

void describe_spec(Page& page, const AgentRow& row, TimePoint now) {
  page.heading("Spec");
  page.line("Role", row.role);
  page.line("Desired state", desired_word(row));
  page.line("Generation", std::to_string(row.generation));
  page.line("Image", row.image.empty() ? "the fleet's default" : row.image);
  page.line("Memory",
            row.memory_mb ? std::to_string(*row.memory_mb) + " MB" : "the fleet's default");
  page.line("CPU", row.cpu_milli ? std::to_string(*row.cpu_milli) + " thousandths of a core"
                                 : "the fleet's default");
  if (row.key.kind == ResourceKind::user_container)
    page.line("Idle timeout", to_human(row.idle_timeout));
  page.line("Last active", at(row.last_active_at, now));
  page.line("Busy until", at(row.busy_until, now));
  page.line("Restart asked", at(row.restarted_at, now));
  page.line("Deletion asked", at(row.deletion_requested_at, now));
}

void describe_status(Page& page, const AgentStatus& status, TimePoint now) {
  page.heading("Status");
  page.line("Phase", std::string(to_string(status.phase)));
  page.line("Container", short_id(status.container_id));
  page.line("Endpoint", status.endpoint);
  page.line("Generation seen", std::to_string(status.observed_generation));
  page.line("Started", at(status.started_at, now));
  page.line("Ready", at(status.ready_at, now));
  if (status.start_duration_ms)
    page.line("Last cold start", to_human(Duration(*status.start_duration_ms)));
  page.line("Asleep since", at(status.asleep_since, now));
  page.line("Draining since", at(status.drain_since, now));
  if (status.restart_count > 0)
    page.line("Ended by itself", std::to_string(status.restart_count) + " times in a row");
  page.line("Last end", at(status.last_exit_at, now));
  page.line("Next try", at(status.next_retry_at, now));
  if (status.next_due_at) page.line("Next job", at(status.next_due_at, now));
  page.line("Last error", status.last_error);
}

void describe_conditions(std::ostream& out, const AgentStatus& status, TimePoint now) {
  out << "Conditions:\n";
  if (status.conditions.empty()) out << "  none yet: no controller has looked at it\n";
  for (const auto& condition : status.conditions) {
    out << "  " << condition.type << " = " << to_string(condition.status) << ", "
        << condition.reason << " (" << age(condition.last_transition, now) << ")";
    if (!condition.message.empty()) out << ": " << printable(condition.message);
    out << '\n';
  }
}

}  // namespace

std::string age(const std::optional<TimePoint>& time, TimePoint now) {
  if (!time) return "";
  if (*time > now) return "in " + to_human(*time - now);
  return to_human(now - *time) + " ago";
}

Json leader_document(const LeaseView& lease) {
  return {{"term", lease.term},
          {"holder", text_or_null(lease.holder)},
          {"since", time_or_null(lease.since)},
          {"expiresAt", time_or_null(lease.expires_at)},
          {"standbys", lease.standbys}};
}

Table leader_table(const LeaseView& lease, TimePoint now) {
  const auto or_dash = [&](const std::optional<TimePoint>& time) {
    return time ? age(time, now) : std::string("-");
  };
  Table table{{"CONTROLLER", "ROLE", "TERM", "SINCE", "LEASE EXPIRES"}, {}};
  const bool led = !lease.holder.empty();
  table.rows.push_back({led ? lease.holder : "nobody", led ? "leader" : "-",
                        std::to_string(lease.term), or_dash(lease.since),
                        or_dash(lease.expires_at)});
  for (const auto& standby : lease.standbys)
    table.rows.push_back({standby, "standby", "-", "-", "-"});
  return table;
}

Json agent_document(const AgentRow& row) {
  Json document = {{"kind", short_name(row.key.kind)},
                   {"id", row.key.name},
                   {row.key.kind == ResourceKind::user_container ? "userId" : "name", row.owner}};
  if (row.key.kind == ResourceKind::user_container) document["containerName"] = row.container_name;
  if (row.key.kind == ResourceKind::system_container) {
    document["role"] = row.role;
    document["isActive"] = row.active;
  }
  document["spec"] = {{"desiredState", to_string(row.desired_state)},
                      {"generation", row.generation},
                      {"image", text_or_null(row.image)},
                      {"memoryMb", value_or_null(row.memory_mb)},
                      {"cpuMilli", value_or_null(row.cpu_milli)},
                      {"restartedAt", time_or_null(row.restarted_at)},
                      {"deletionRequestedAt", time_or_null(row.deletion_requested_at)},
                      {"purge", row.purge}};
  if (row.key.kind == ResourceKind::user_container) {
    document["spec"]["idleTimeoutMin"] =
        std::chrono::duration_cast<std::chrono::minutes>(row.idle_timeout).count();
    document["lastActiveAt"] = time_or_null(row.last_active_at);
    document["busyUntil"] = time_or_null(row.busy_until);
  }
  document["status"] = status_document(row.status);
  return document;
}

Json event_document(const Event& event) {
  return {{"id", event.id},
          {"at", to_iso8601(event.at)},
          {"key", to_string(event.key)},
          {"severity", event.severity == EventSeverity::warning ? "warning" : "normal"},
          {"reason", event.reason},
          {"message", event.message},
          {"count", event.count}};
}

Table users_table(const std::vector<AgentRow>& rows, TimePoint now) {
  Table table{{"USER", "PHASE", "DESIRED", "RESTARTS", "LAST ACTIVE", "ID", "REASON"}, {}};
  for (const auto& row : rows) {
    table.rows.push_back({row.owner, std::string(to_string(row.status.phase)), desired_word(row),
                          std::to_string(row.status.restart_count), age(row.last_active_at, now),
                          row.key.name, reason_line(row)});
  }
  return table;
}

Table systems_table(const std::vector<AgentRow>& rows, TimePoint now) {
  Table table{{"NAME", "ROLE", "PHASE", "DESIRED", "RESTARTS", "READY", "ID", "REASON"}, {}};
  for (const auto& row : rows) {
    table.rows.push_back({row.owner, row.role, std::string(to_string(row.status.phase)),
                          desired_word(row), std::to_string(row.status.restart_count),
                          age(row.status.ready_at, now), row.key.name, reason_line(row)});
  }
  return table;
}

Table events_table(const std::vector<Event>& events, TimePoint now) {
  Table table{{"LAST SEEN", "AGENT", "SEVERITY", "REASON", "TIMES", "MESSAGE"}, {}};
  for (const auto& event : events) {
    table.rows.push_back({age(event.at, now), to_string(event.key),
                          event.severity == EventSeverity::warning ? "warning" : "normal",
                          event.reason, std::to_string(event.count), event.message});
  }
  return table;
}

void describe_agent(std::ostream& out, const AgentRow& row, const std::vector<Event>& events,
                    TimePoint now) {
  const bool user = row.key.kind == ResourceKind::user_container;
  Page page(out);
  page.heading(user ? "User agent" : "System agent");
  page.line(user ? "User" : "Name", row.owner);
  page.line("Id", row.key.name);
  if (user) page.line("Container name", row.container_name);
  describe_spec(page, row, now);
  describe_status(page, row.status, now);
  describe_conditions(out, row.status, now);
  out << "Events:\n";
  if (events.empty()) out << "  none\n";
  for (const auto& event : events) {
    out << "  " << age(event.at, now) << "  " << event.reason
        << (event.severity == EventSeverity::warning ? "!" : "")
        << (event.count > 1 ? " x" + std::to_string(event.count) : "") << "  "
        << printable(event.message) << '\n';
  }
}

}  // namespace mosaic::cli
