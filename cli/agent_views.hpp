// Agents, events and the leader as commands show them: a line of a table, a page of text, or a document for
// programs. Never a gateway token or a provider key.
//
// Pure functions of rows and the time.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "cli/output.hpp"
#include "model/agent.hpp"
#include "model/clock.hpp"
#include "store/store.hpp"

namespace mosaic::cli {

Json agent_document(const AgentRow& row);
Json event_document(const Event& event);
Json leader_document(const LeaseView& lease);

Table users_table(const std::vector<AgentRow>& rows, TimePoint now);
Table systems_table(const std::vector<AgentRow>& rows, TimePoint now);
Table events_table(const std::vector<Event>& events, TimePoint now);
// The leader first, then each controller that stands by.
Table leader_table(const LeaseView& lease, TimePoint now);

// Spec, status, conditions and the last events, each with its age.
void describe_agent(std::ostream& out, const AgentRow& row, const std::vector<Event>& events,
                    TimePoint now);

// "3 min ago", "in 10 s"; empty for none.
std::string age(const std::optional<TimePoint>& time, TimePoint now);

}  // namespace mosaic::cli
