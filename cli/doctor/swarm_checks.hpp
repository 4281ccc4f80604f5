// What mosaic needs of a swarm besides its engine: nodes that answer, managers, the fleet's network, room for more
// networks, the forwarder's image; and, tried from within, what a manager cannot tell of the other nodes.
//
// Used from one thread. Never throws for what it is there to find.
#pragma once

#include <string>
#include <vector>

#include "cli/doctor/finding.hpp"
#include "cli/settings.hpp"
#include "runtime/swarm/swarm_driver.hpp"
#include "runtime/swarm/swarm_probe.hpp"

namespace mosaic::cli {

// Changes nothing.
std::vector<Finding> check_swarm(const Settings& settings, const std::string& instance);
// The same of what was found: pure.
std::vector<Finding> judge_swarm(const Settings& settings, const SwarmSurvey& survey);

// Runs tasks of `image`, the agents', and removes them: see SwarmProbe.
std::vector<Finding> probe_swarm(const Settings& settings, const std::string& instance,
                                 const std::string& image);
std::vector<Finding> judge_probe(const Settings& settings, const std::string& image,
                                 const std::vector<ProbedNode>& nodes);

}  // namespace mosaic::cli
