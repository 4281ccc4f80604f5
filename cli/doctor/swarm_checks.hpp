// What mosaic needs of a swarm besides its engine: nodes that answer, the fleet's network, room for more networks, the
// forwarder's image. Changes nothing.
//
// Used from one thread. Never throws for what it is there to find.
#pragma once

#include <string>
#include <vector>

#include "cli/doctor/finding.hpp"
#include "cli/settings.hpp"
#include "runtime/swarm/swarm_driver.hpp"

namespace mosaic::cli {

std::vector<Finding> check_swarm(const Settings& settings, const std::string& instance);
// The same of what was found: pure.
std::vector<Finding> judge_swarm(const Settings& settings, const SwarmSurvey& survey);
Finding no_probe_on_a_swarm();

}  // namespace mosaic::cli
