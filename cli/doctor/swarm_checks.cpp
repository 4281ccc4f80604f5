#include "cli/doctor/swarm_checks.hpp"

#include <algorithm>

#include "cli/engine_parts.hpp"
#include "runtime/swarm/service_template.hpp"

namespace mosaic::cli {
namespace {

// Of the room for networks, above which somebody should make more.
constexpr std::int64_t much_percent = 80;

Finding judge_nodes(const std::vector<SwarmNode>& nodes) {
  std::string silent;
  std::size_t usable = 0;
  for (const SwarmNode& node : nodes) {
    if (node.ready && node.active) ++usable;
    if (!node.ready) silent += (silent.empty() ? "" : ", ") + node.host_name;
  }
  const std::string count = std::to_string(usable) + " of " + std::to_string(nodes.size());
  if (usable == 0)
    return fail("nodes", "no node takes agents", "docker node update --availability active NODE");
  if (!silent.empty())
    return warn("nodes", silent + " of " + std::to_string(nodes.size()) + " nodes do not answer",
                "mend them: the agents whose state is there wait for them");
  return ok("nodes", count + " take agents");
}

Finding judge_fleet_network(const Settings& settings,
                            const std::optional<InspectedNetwork>& network) {
  const char* check = "fleet network";
  const std::string range = to_string(settings.agent_subnets);
  const std::string make = "docker network create --driver overlay --subnet " + range + " " +
                           settings.fleet_network + ", or deploy the stack, which makes it";
  if (!network) return fail(check, "there is no network " + settings.fleet_network, make);
  for (const auto& subnet : network->subnets) {
    const auto address = cli::parse_subnet(mosaic::to_string(subnet));
    if (address && settings.agent_subnets.contains(address->network) &&
        address->prefix_length >= settings.agent_subnets.prefix_length)
      continue;
    return fail(check,
                settings.fleet_network + " is " + mosaic::to_string(subnet) +
                    ", which is not within " + range +
                    ": agents' configurations are not served there",
                "give --agent-subnets " + mosaic::to_string(subnet));
  }
  return ok(check, settings.fleet_network + " is within " + range);
}

Finding judge_room(const std::optional<NetworkRoom>& room) {
  const char* check = "subnets";
  if (!room || room->capacity == 0)
    return warn(check, "the swarm does not say what ranges it takes networks from",
                "look at docker info on a manager");
  const std::string said = std::to_string(room->taken) + " of " + std::to_string(room->capacity) +
                           " networks are taken, and each agent needs one";
  if (room->taken * 100 < room->capacity * much_percent) return ok(check, said);
  return warn(check, said,
              "remove networks that nobody uses; only a swarm made with a wider "
              "--default-addr-pool has more");
}

}  // namespace

std::vector<Finding> judge_swarm(const Settings& settings, const SwarmSurvey& survey) {
  return {judge_nodes(survey.nodes), judge_fleet_network(settings, survey.fleet_network),
          judge_room(survey.room),
          warn("baseline", swarm_gaps(swarm_settings(settings, {})),
               "see the operator's guide, Docker Swarm")};
}

std::vector<Finding> check_swarm(const Settings& settings, const std::string& instance) {
  const SystemClock clock;
  std::vector<Finding> findings;
  try {
    SwarmDriver swarm(swarm_settings(settings, instance), clock);
    findings = judge_swarm(settings, swarm.survey());
    if (swarm.image(settings.link_image).availability == ImageAvailability::present)
      findings.push_back(ok("link image", settings.link_image + " is on this manager"));
    else
      findings.push_back(warn("link image", settings.link_image + " is not on this manager",
                              "load it on every node: images/build-link-image"));
  } catch (const EngineError& error) {
    findings.push_back(fail("swarm", error.what(), "mend the engine first"));
  }
  return findings;
}

Finding no_probe_on_a_swarm() {
  return warn("walls",
              "cannot be tried on a swarm: nothing of its is in a place that can be reached",
              "try from within an agent's container on its node");
}

}  // namespace mosaic::cli
