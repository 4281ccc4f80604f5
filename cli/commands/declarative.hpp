// mosaic delete -f, for the delete command to offer.
//
// Main thread only.
#pragma once

#include <string>
#include <vector>

#include "cli/command_context.hpp"
#include "cli/declarative/fleet_api.hpp"

namespace mosaic::cli {

void add_api_options(CLI::App& command, ApiAccess& access);
void add_file_option(CLI::App& command, std::vector<std::string>& files);
ExitCode delete_declared(CommandContext& context, const ApiAccess& access,
                         const std::vector<std::string>& files);

}  // namespace mosaic::cli
