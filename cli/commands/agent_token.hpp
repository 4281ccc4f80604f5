// `mosaic admin agent-token`: the one way in which a gateway token leaves the database in plain.
#pragma once

#include "cli/command_context.hpp"

namespace mosaic::cli {

void add_agent_token_command(CLI::App& admin, CommandContext& context);

}  // namespace mosaic::cli
