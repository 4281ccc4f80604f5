// `mosaic admin set-up-token`: a new one-time token for setting Mosaic up, when the first was lost.
#pragma once

#include "cli/command_context.hpp"

namespace mosaic::cli {

void add_set_up_token_command(CLI::App& admin, CommandContext& context);

}  // namespace mosaic::cli
