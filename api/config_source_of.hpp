// What an agent is configured from, read in its owner's name where it has an owner: the database then shows rows of that
// person only, whatever the statement says.
//
// Thread-safety and errors: as the stores.
#pragma once

#include <optional>

#include "model/agent.hpp"
#include "store/settings_store.hpp"
#include "store/store.hpp"

namespace mosaic {

// Nothing when the row has gone since it was read.
std::optional<AgentConfigSource> config_source_of(const AgentRow& agent, AgentReader& agents,
                                                  SettingsStore& settings);

}  // namespace mosaic
