// What an agent's row says to whoever waits for it: how far it is, or why it will not come, in the row's own words and
// with what to do about it.
//
// Pure functions. No text holds a secret: the rows' conditions hold none.
#pragma once

#include <optional>
#include <string>

#include "api/gateway/agent_desk.hpp"
#include "model/agent.hpp"
#include "model/clock.hpp"

namespace mosaic {

// Ready for a turn: it answers, and nothing that would end it is waiting for its turns.
bool is_reachable(const AgentRow& row);

// Tells one process of the agent from another.
std::string process_of(const AgentRow& row);

WakeProgress progress_of(const AgentRow& row, TimePoint now);

// Said by the spec side: nothing that the controller may do meanwhile changes it.
std::optional<DeskRefusal> refused_by_spec(const AgentRow& row);
// Said by the status side: it will not come by itself, or not soon. May be from before the wake: the controller
// writes no status anew that has not changed.
std::optional<DeskRefusal> refused_by_status(const AgentRow& row, TimePoint now);
// What tells one failure from the next one that reads the same.
std::string failure_signature(const AgentRow& row);

namespace desk_refusal {
DeskRefusal no_agent_allowed();
DeskRefusal no_agent_made();
DeskRefusal no_provider();
DeskRefusal too_many_waiters();
DeskRefusal too_many_held();
DeskRefusal closing();
DeskRefusal database_away();
DeskRefusal unreadable_token();
DeskRefusal not_awake_in_time(const WakeProgress& last);
}  // namespace desk_refusal

}  // namespace mosaic
