// What happens to the fleet from outside in one run: people's operations and faults, each at its time. Made from a seed
// alone; what remains of a run (latencies, the order in which processes run) is drawn from the same seed while it runs.
//
// A history may be shortened by leaving steps out: every step means something by itself, or nothing. Plain values.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/clock.hpp"

namespace mosaic::simulation {

inline constexpr int user_agents = 3;
inline constexpr int agents = 4;  // the last one is a system agent
inline constexpr int controllers = 2;
inline constexpr int gateways = 2;
// Of the cluster that the engine is.
inline constexpr std::array<const char*, 2> nodes{"n1", "n2"};
inline constexpr Duration copy_time = std::chrono::seconds(2);
inline constexpr Duration longest_history = std::chrono::seconds(100);

// `subject` is an agent, a controller or a gateway, as the comment says; `lasts` is for those that have an end.
enum class StepKind : std::uint8_t {
  // People and other programs
  create,            // agent; `detail` odd: under the id it had before
  delete_row,        // agent: SQL DELETE
  request_deletion,  // agent; `detail` odd: with its data
  request_restart,   // agent
  replace_token,     // agent
  move,              // agent; `detail`: to which node, every fourth without its state
  desire,            // agent; `detail`: automatic, running, stopped
  change_spec,       // agent: image or memory
  change_persona,    // agent: its personality
  try_persona,       // agent: another one for so long, then what it had before
  change_provider,   // agent: where its models are
  rename_container,  // agent
  change_setting,    // one of the fleet's
  touch,             // agent: somebody waits for it
  chat,              // agent, through gateway `detail`, for as long
  // Engine and containers
  container_ends,         // agent; `detail`: with which code
  human_stops,            // agent
  human_removes,          // agent
  human_pauses,           // agent
  human_unpauses,         // agent
  human_starts,           // agent
  human_removes_network,  // agent
  engine_restarts,
  engine_away,
  node_away,          // `detail`: which
  copies_fail,        // those that are begun meanwhile
  crash_loop,         // agent: ends as soon as it starts
  ignores_term,       // agent
  hangs,              // agent: does not answer probes
  image_missing,      // and cannot be pulled
  foreign_container,  // agent: somebody else's under its name
  stale_view,         // the engine shows what it was
  partial_lists,      // its listings leave something out
  calls_fail,         // controller
  errors_echo,        // controller: the engine's errors tell the environment
  answers_lost,       // controller: done, and the answer lost
  slow,               // controller: calls to engine and database take their time
  events_lost,
  events_doubled,
  events_reversed,
  events_late,
  // Database
  database_fails,          // controller
  commits_unknown,         // controller: committed, and the answer lost
  gateway_database_fails,  // gateway
  database_away,
  fail_over,  // as it was when the step begins is what it is when it ends
  notifications_lost,
  // Processes
  crash,          // controller: kill -9 at its `detail`-th call from now; back after `lasts`
  pause,          // controller: SIGSTOP at its `detail`-th call from now, for as long
  hand_over,      // controller: ends in order; back after `lasts`
  crash_gateway,  // gateway; back after `lasts`
};
inline constexpr int step_kinds = static_cast<int>(StepKind::crash_gateway) + 1;

std::string_view to_string(StepKind kind);
bool has_end(StepKind kind);

struct Step {
  Duration at{};  // since the beginning
  StepKind kind{};
  int subject = 0;
  Duration lasts{};
  int detail = 0;
};

using History = std::vector<Step>;  // ordered by time

History make_history(std::uint64_t seed);

// "  12.500 s  crash controller 1 at its call 7, back after 3 s".
std::string describe(const Step& step);

}  // namespace mosaic::simulation
