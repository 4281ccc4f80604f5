// `mosaic admin rotate-key`: every stored secret from one key to another while the fleet serves.
#pragma once

#include "cli/command_context.hpp"

namespace mosaic::cli {

void add_rotate_key_command(CLI::App& admin, CommandContext& context);

}  // namespace mosaic::cli
