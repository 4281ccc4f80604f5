// One agent as the rows describe it: what should be (spec, written by the API and by people) and
// what the controller last wrote about it (status). User and system agents share this shape;
// `key.kind` tells them apart.
//
// Plain values; no invariants beyond the comments on each field.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/clock.hpp"
#include "model/resource_key.hpp"

namespace mosaic {

// What the row asks for. `automatic` is a user agent's life: awake while used, asleep when idle.
enum class DesiredState : std::uint8_t { automatic, running, stopped };

// Where an agent is on its way; kept in the row's "phase". The seed's coarser "status" follows from
// it.
enum class Phase : std::uint8_t {
  stopped,     // asleep without a process (or never started)
  waiting,     // should run, but something must happen first; the Ready condition says what
  pulling,     // the image is being fetched
  starting,    // the process exists, the gateway is not ready yet
  running,     // the gateway answered its readiness probe
  draining,    // will be stopped or restarted as soon as its running turns have ended
  stopping,    // asked to end; the end has not been seen yet
  paused,      // asleep, frozen in memory
  hibernated,  // asleep, frozen, its memory pushed to swap
  failed,      // ends again and again, or cannot be started until something changes
  deleting,    // on its way out
};

enum class ConditionStatus : std::uint8_t { no, yes, unknown };

// One line that says why. `type` and `reason` are CamelCase words of a fixed vocabulary; `message`
// is for people.
struct Condition {
  std::string type;
  ConditionStatus status = ConditionStatus::unknown;
  std::string reason;
  std::string message;
  TimePoint last_transition{};

  bool operator==(const Condition&) const = default;
};

struct ResourceLimits {
  std::int64_t memory_mb = 1536;  // the smallest size at which a full OpenClaw is safe
  std::int64_t cpu_milli = 2000;  // thousandths of a core
  std::int64_t pids = 256;

  bool operator==(const ResourceLimits&) const = default;
};

// Written by the controller alone.
struct AgentStatus {
  Phase phase = Phase::stopped;
  std::string container_id;  // empty: none
  // "address:port" of the gateway while it has a process; else empty
  std::string endpoint;
  std::int64_t observed_generation = 0;  // the spec generation that this status speaks of
  // fingerprint of the configuration the process has (reconcilers/config_hash.hpp)
  std::string config_hash;
  std::vector<Condition> conditions;  // at most one per type, ordered by type
  // unplanned ends in a row; forgotten after ten minutes of running
  int restart_count = 0;
  std::optional<TimePoint> next_retry_at;  // crash-loop back-off: not started before
  // the end (engine's FinishedAt) that restart_count already counts
  std::optional<TimePoint> last_exit_at;
  std::optional<TimePoint> started_at;    // when the present process was started
  std::optional<TimePoint> ready_at;      // when it first answered its readiness probe
  std::optional<TimePoint> asleep_since;  // when it was last put to sleep, at whichever depth
  // when the wish to restart or stop it began to wait for its turns
  std::optional<TimePoint> drain_since;
  // when TERM was decided for the present process; KILL follows after the grace
  std::optional<TimePoint> terminated_at;
  std::string last_error;  // last failure in one line; empty when all is well
  // fingerprint of spec + configuration that failed for good (exit 78 …)
  std::string failed_spec;
  // start to ready of the last cold start: the estimate for the next
  std::optional<std::int64_t> start_duration_ms;
  // when a job that the agent scheduled for itself is next due, as far as it was told before sleep
  std::optional<TimePoint> next_due_at;

  bool operator==(const AgentStatus&) const = default;
};

// One row, read at one moment.
struct AgentRow {
  ResourceKey key;
  // "userId" of a user agent, "name" of a system agent: what its volumes are named after
  std::string owner;
  std::string container_name;  // "containerName" of a user agent; "name" of a system agent
  std::string role;            // system agents only
  // as stored, "enc:…": of the process that there is
  std::string gateway_token;
  // likewise; not empty: it is to be replaced by this one, which no process has yet
  std::string next_gateway_token;
  DesiredState desired_state = DesiredState::automatic;
  bool active = true;  // "isActive" of a system agent; always true for a user agent
  std::int64_t generation = 1;
  std::optional<TimePoint> restarted_at;  // a restart was asked for at this time
  std::optional<TimePoint> deletion_requested_at;
  bool purge = false;  // with deletion: the volumes go too
  // Its volumes are to be moved to that node of a cluster, by host name or id; empty: they stay.
  std::string move_to_node;
  // With that: where their own node is away, they are given up and it begins anew over there.
  bool move_without_state = false;
  std::string image;                      // empty: the fleet's default
  std::optional<std::int64_t> memory_mb;  // empty: the fleet's default
  std::optional<std::int64_t> cpu_milli;
  std::optional<TimePoint> last_active_at;
  // a turn or stream is running; its lease is renewed until it ends
  std::optional<TimePoint> busy_until;
  Duration idle_timeout = std::chrono::minutes(30);
  AgentStatus status;

  // What a container that is made now has to get.
  const std::string& wanted_gateway_token() const {
    return next_gateway_token.empty() ? gateway_token : next_gateway_token;
  }
};

// One "LlmProvider" row. `api_key` is as stored (encrypted) or empty.
struct ProviderRow {
  std::string id;
  std::string owner;
  std::string name;
  std::string display_name;
  std::string type;      // zai, openai, anthropic, ollama, custom
  std::string base_url;  // empty: the type's own
  std::string api_key;
  std::string api_type;  // openai-completions, …
  std::string models_json;
  bool active = true;
  std::int64_t generation = 1;  // grows with every change
};

// Everything that the rendered openclaw.json of one agent depends on.
struct AgentConfigSource {
  ResourceKey key;
  std::string owner;
  std::string role;           // system agents
  std::string gateway_token;  // as stored
  std::string primary_model;  // empty: the first model of the default provider
  std::vector<std::string> fallback_models;
  std::string personality;             // SOUL.md; empty: a neutral default
  std::string provider_id;             // default provider; empty: the first one
  std::vector<ProviderRow> providers;  // active ones only, ordered by name, then id
  // Another one after every change of anything that the configuration depends on, fleet-wide settings
  // included, and never one of before: what was changed and changed back has moved it twice.
  std::string version;
};

std::string_view to_string(DesiredState state);
std::optional<DesiredState> parse_desired_state(std::string_view word);
std::string_view to_string(Phase phase);
std::optional<Phase> parse_phase(std::string_view word);
std::string_view to_string(ConditionStatus status);
std::optional<ConditionStatus> parse_condition_status(std::string_view word);

// The seed's "status" column: running, stopped, starting or error.
std::string_view seed_status(Phase phase);

// Sets or replaces the condition of that type; `last_transition` moves only when the status
// changes.
void set_condition(AgentStatus& status, std::string type, ConditionStatus value, std::string reason,
                   std::string message, TimePoint now);
const Condition* find_condition(const AgentStatus& status, std::string_view type);

// The vocabulary of condition types.
namespace condition {
// does it answer, and if not, why
inline constexpr std::string_view ready = "Ready";
// does it run what the rows say
inline constexpr std::string_view configuration = "ConfigurationApplied";
inline constexpr std::string_view sleep = "Sleep";  // how deep it sleeps and why
// do the agent's own scheduled jobs happen; not there for an agent that has never had any
inline constexpr std::string_view schedule = "Schedule";
// is it on its way to another node, and how far; not there for an agent that was never moved
inline constexpr std::string_view moving = "Moving";
}  // namespace condition

}  // namespace mosaic
