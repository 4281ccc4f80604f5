#include "api/gateway/wake_outlook.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "api/problem.hpp"

namespace mosaic {
namespace {

using std::chrono::seconds;

// A retry that comes this soon is worth waiting for.
constexpr Duration soon = seconds(10);

const Condition& ready_condition(const AgentRow& row) {
  static const Condition none;
  const Condition* found = find_condition(row.status, condition::ready);
  return found == nullptr ? none : *found;
}

// "37 % of 1.2 GB" -> 37.
std::optional<int> percent_of(const std::string& message) {
  int percent = 0;
  const auto [end, error] =
      std::from_chars(message.data(), message.data() + message.size(), percent);
  const std::string_view rest(end, static_cast<std::size_t>(message.data() + message.size() - end));
  if (error != std::errc{} || !rest.starts_with(" %") || percent < 0 || percent > 100)
    return std::nullopt;
  return percent;
}

std::optional<Duration> remaining_of(const AgentRow& row, TimePoint now) {
  const AgentStatus& status = row.status;
  if (!status.start_duration_ms) return std::nullopt;
  const Duration whole(*status.start_duration_ms);
  switch (status.phase) {
    case Phase::stopped:
    case Phase::stopping:
      return whole;
    case Phase::starting: {
      // A thawed process was started long ago and needs no such time.
      if (ready_condition(row).reason != "Starting" || !status.started_at) return std::nullopt;
      const Duration rest = *status.started_at + whole - now;
      // It takes longer than last time: nothing honest is left to say.
      return rest > Duration::zero() ? std::optional(rest) : std::nullopt;
    }
    default:
      return std::nullopt;
  }
}

std::string sentence(std::string text) {
  if (text.empty()) return text;
  if (text.front() >= 'a' && text.front() <= 'z')
    text.front() = static_cast<char>(text.front() - 32);
  if (text.back() != '.') text += '.';
  return text;
}

std::string words_of(const AgentRow& row) {
  const std::string& message = ready_condition(row).message;
  return sentence(!message.empty()                ? message
                  : row.status.last_error.empty() ? "the agent does not start"
                                                  : row.status.last_error);
}

std::optional<seconds> until(const std::optional<TimePoint>& time, TimePoint now) {
  if (!time) return std::nullopt;
  return std::max(std::chrono::ceil<seconds>(*time - now), seconds(1));
}

bool is_any_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

DeskRefusal not_configured(std::string detail) {
  return DeskRefusal{409, problem_type::agent_not_configured, std::move(detail),
                     "Correct the provider, model or personality in the settings, and ask again.",
                     std::nullopt};
}

DeskRefusal for_the_admin(const AgentRow& row, std::optional<seconds> retry_after) {
  return DeskRefusal{502, problem_type::agent_failed, words_of(row),
                     "An administrator has to mend this; the message says what.", retry_after};
}

std::optional<DeskRefusal> refused_while_failed(const AgentRow& row, TimePoint now) {
  const std::string& reason = ready_condition(row).reason;
  if (is_any_of(reason, {"ConfigurationInvalid", "ConfigurationRefused"}))
    return not_configured(words_of(row));
  if (is_any_of(reason, {"InvalidSpec", "ImageUnfit"})) return for_the_admin(row, std::nullopt);
  const auto& retry = row.status.next_retry_at;
  if (retry && *retry <= now + soon) return std::nullopt;
  return DeskRefusal{
      502, problem_type::agent_failed, words_of(row),
      retry ? "It is started again by itself at " + to_iso8601(*retry) +
                  "; a restart from the settings tries at once."
            : "Restart it from the settings; if that does not help, ask an administrator.",
      until(retry, now)};
}

std::optional<DeskRefusal> refused_while_waiting(const AgentRow& row) {
  const std::string& reason = ready_condition(row).reason;
  // Memory and start slots come free as others fall asleep; an engine that does not answer comes back.
  if (is_any_of(reason, {"NameTaken", "ImagePullFailed", "ImageMissing", "SubnetsExhausted",
                         "DiskFull", "IsolationUnavailable", "EnginePermissionDenied"})) {
    return for_the_admin(row, seconds(60));
  }
  return std::nullopt;
}

}  // namespace

bool is_reachable(const AgentRow& row) {
  return row.status.phase == Phase::running && !row.status.endpoint.empty();
}

std::string process_of(const AgentRow& row) {
  const auto& started = row.status.started_at;
  return row.status.container_id + "@" +
         (started ? std::to_string(started->time_since_epoch().count()) : "");
}

WakeProgress progress_of(const AgentRow& row, TimePoint now) {
  const Condition& ready = ready_condition(row);
  WakeProgress progress;
  progress.phase = row.status.phase;
  progress.reason = ready.reason;
  progress.message = ready.message;
  if (row.status.phase == Phase::pulling) progress.pull_percent = percent_of(ready.message);
  progress.remaining = remaining_of(row, now);
  return progress;
}

std::optional<DeskRefusal> refused_by_spec(const AgentRow& row) {
  if (row.deletion_requested_at) {
    return DeskRefusal{503, problem_type::agent_waking, "Your agent is being deleted.",
                       "Ask again in a moment: a new one is made for you then.", seconds(10)};
  }
  if (row.desired_state == DesiredState::stopped) {
    return DeskRefusal{409, problem_type::refused_by_rule,
                       "Your agent was stopped on request, by you or an administrator.",
                       "Start it in the settings, and ask again.", std::nullopt};
  }
  return std::nullopt;
}

std::optional<DeskRefusal> refused_by_status(const AgentRow& row, TimePoint now) {
  if (row.status.phase == Phase::failed) return refused_while_failed(row, now);
  if (row.status.phase == Phase::waiting) return refused_while_waiting(row);
  return std::nullopt;
}

std::string failure_signature(const AgentRow& row) {
  const Condition& ready = ready_condition(row);
  const auto& retry = row.status.next_retry_at;
  return std::string(to_string(row.status.phase)) + '\n' + ready.reason + '\n' + ready.message +
         '\n' + std::to_string(row.status.restart_count) + '\n' +
         std::to_string(row.status.observed_generation) + '\n' +
         (retry ? std::to_string(retry->time_since_epoch().count()) : "");
}

namespace desk_refusal {

DeskRefusal no_agent_allowed() {
  return {409, problem_type::refused_by_rule, "This account may not have an agent.",
          "Ask an administrator to allow it.", std::nullopt};
}
DeskRefusal no_agent_made() {
  return {502, problem_type::agent_failed, "No agent could be made for this account.",
          "Ask an administrator to look at the fleet's events and limits.", std::nullopt};
}
DeskRefusal no_provider() { return not_configured("Your agent has no model provider to talk to."); }
DeskRefusal too_many_waiters() {
  return {503, problem_type::busy, "Too many requests wait for agents to wake.",
          "Ask again in a moment.", seconds(5)};
}
DeskRefusal too_many_held() {
  return {503, problem_type::busy, "This process holds as many agents as it may.",
          "Ask again in a moment.", seconds(5)};
}
DeskRefusal closing() {
  return {503, problem_type::busy, "The server is shutting down.", "Ask again in a moment.",
          seconds(2)};
}
DeskRefusal database_away() {
  return {503, problem_type::database_away, "The database does not answer.",
          "Ask again in a moment.", seconds(5)};
}
DeskRefusal unreadable_token() {
  return {502, problem_type::agent_failed,
          "Your agent's token cannot be read with this installation's MOSAIC_SECRET_KEY.",
          "An administrator has to restore the key, or delete the agent so that it is made anew.",
          std::nullopt};
}
DeskRefusal not_awake_in_time(const WakeProgress& last) {
  const std::string word = last.message.empty() ? std::string(to_string(last.phase)) : last.message;
  return {503, problem_type::agent_waking, "Your agent is not awake yet: " + word + ".",
          "Ask again; it goes on waking meanwhile.", seconds(10)};
}

}  // namespace desk_refusal

}  // namespace mosaic
