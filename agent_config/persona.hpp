// The workspace files that say who an agent is. The user's own words come first; otherwise a short,
// neutral default.
//
// Pure functions; nobody's name, model or product is in the texts.
#pragma once

#include <string>
#include <string_view>

#include "model/agent.hpp"

namespace mosaic {

std::string soul_text(const AgentConfigSource& source);
std::string agents_text(const AgentConfigSource& source);
std::string identity_text(const AgentConfigSource& source);

}  // namespace mosaic
