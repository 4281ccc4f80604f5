// Runs a FleetProcess until a signal asks it to end: what `mosaic up`, `mosaic controller` and
// `mosaic api` share.
//
// Main thread only.
#pragma once

#include <functional>

#include "cli/command_context.hpp"
#include "cli/fleet_process.hpp"

namespace mosaic::cli {

// `announce` is called once everything runs.
ExitCode serve(CommandContext& context, FleetRoles roles,
               const std::function<void(FleetProcess&, const Settings&)>& announce);

}  // namespace mosaic::cli
