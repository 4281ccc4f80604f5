// Where nobody's URL leads us, and no agent's request through the egress proxy: to an agent, back to ourselves, to the
// database or the engine behind us. One place decides it for all of them.
//
// Looks names up; blocks for a few seconds at most.
#pragma once

#include <string>

#include "cli/settings.hpp"
#include "http/outbound_guard.hpp"

namespace mosaic::cli {

OutboundPolicy outbound_policy(const Settings& settings, const std::string& database_url);

// The same for agents, who besides may ask what --agent-egress-allow names.
OutboundPolicy egress_policy(const Settings& settings, const std::string& database_url);

}  // namespace mosaic::cli
