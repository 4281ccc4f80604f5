// Runs a FleetProcess until a signal asks it to end: what `mosaic up`, `mosaic controller` and
// `mosaic api` share.
//
// Main thread only.
#pragma once

#include <functional>

#include "cli/command_context.hpp"
#include "cli/fleet_process.hpp"

namespace mosaic::cli {

using Announcement = std::function<void(FleetProcess&, const Settings&)>;

// Makes `command` do that. `announce`, where there is one, is called once everything runs.
void serve_when_called(CLI::App& command, CommandContext& context, FleetRoles roles,
                       Announcement announce = {});

}  // namespace mosaic::cli
