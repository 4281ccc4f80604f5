// What one agent's configuration is made of, as one statement reads it. Private to store/.
//
// Pure functions; safe from any thread.
#pragma once

#include <optional>

#include "model/agent.hpp"
#include "store/session.hpp"

namespace mosaic {

// Its only parameter is the row's id.
const Statement& config_source_statement(ResourceKind kind);
// Nothing when there was no such row.
std::optional<AgentConfigSource> decode_config_source(const ResourceKey& key,
                                                      const pqxx::result& result);

}  // namespace mosaic
