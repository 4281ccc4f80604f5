// From the word that a person typed to the row that is meant.
//
// Thread-safety: as the AgentReader.
#pragma once

#include <string>
#include <vector>

#include "model/agent.hpp"
#include "model/resource_key.hpp"
#include "store/store.hpp"

namespace mosaic::cli {

// "user" or "system". Throws UsageError for any other word.
ResourceKind parse_agent_kind(const std::string& word);

// By row id, else by owner ("userId", or a system agent's name), else by container name. Throws
// NotFoundError.
AgentRow find_agent_row(AgentReader& rows, ResourceKind kind, const std::string& name);

// All rows of the kind, ordered by owner, then id.
std::vector<AgentRow> list_agent_rows(AgentReader& rows, ResourceKind kind);

}  // namespace mosaic::cli
