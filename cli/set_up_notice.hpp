// What whoever starts a new installation is told: how to become its first administrator.
//
// The one-time token goes to standard output only, never into the log.
#pragma once

#include <ostream>
#include <string>

#include "cli/fleet_process.hpp"

namespace mosaic::cli {

// Prints nothing once set-up is completed.
void announce_set_up(std::ostream& out, FleetProcess& process, const std::string& address);

}  // namespace mosaic::cli
