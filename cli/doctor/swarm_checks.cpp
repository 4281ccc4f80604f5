#include "cli/doctor/swarm_checks.hpp"

#include <algorithm>
#include <map>

#include "cli/doctor/host_checks.hpp"
#include "cli/engine_parts.hpp"
#include "runtime/swarm/service_template.hpp"

namespace mosaic::cli {
namespace {

// Of the room for networks, above which somebody should make more.
constexpr std::int64_t much_percent = 80;
// As many that one may be lost.
constexpr std::size_t enough_managers = 3;

// "n1, n2" of those nodes that are so; empty: none is.
template <typename Node, typename Condition>
std::string names_of(const std::vector<Node>& nodes, Condition is_so) {
  std::string names;
  for (const Node& node : nodes) {
    if (is_so(node)) names += (names.empty() ? "" : ", ") + node.host_name;
  }
  return names;
}

Finding judge_nodes(const std::vector<SwarmNode>& nodes) {
  const std::string silent = names_of(nodes, [](const SwarmNode& node) { return !node.ready; });
  const auto usable = std::count_if(
      nodes.begin(), nodes.end(), [](const SwarmNode& node) { return node.ready && node.active; });
  const std::string count = std::to_string(usable) + " of " + std::to_string(nodes.size());
  if (usable == 0)
    return fail("nodes", "no node takes agents", "docker node update --availability active NODE");
  if (!silent.empty())
    return warn("nodes",
                silent + " does not answer (" + count +
                    " take agents): agents whose state is "
                    "there wait for it",
                "start it, and see that it reaches the managers on TCP 2377");
  return ok("nodes", count + " take agents");
}

Finding judge_managers(const std::vector<SwarmNode>& nodes) {
  constexpr const char* check = "managers";
  std::vector<SwarmNode> managers = nodes;
  std::erase_if(managers, [](const SwarmNode& node) { return !node.manager; });
  const std::string lost =
      names_of(managers, [](const SwarmNode& manager) { return !manager.reachable; });
  const std::string count = std::to_string(managers.size());
  if (!lost.empty())
    return warn(check, lost + " is not reached by the other managers (" + count + " in all)",
                "start it, and see that managers reach each other on TCP 2377");
  if (managers.size() < enough_managers)
    return warn(
        check,
        count +
            (managers.size() == 1 ? " manager: while it is away" : " managers: while one is away") +
            " agents that run go on, and none is woken or stopped",
        "docker node promote NODE, until there are 3");
  if (managers.size() % 2 == 0)
    return warn(check,
                count + " managers bear the loss of no more than " +
                    std::to_string(managers.size() - 1) + " do",
                "docker node promote, or demote, one NODE");
  return ok(check,
            count + ", of which " + std::to_string((managers.size() - 1) / 2) + " may be lost");
}

Finding judge_engines(const std::vector<SwarmNode>& nodes) {
  std::map<std::string, std::string> nodes_of_version;
  for (const SwarmNode& node : nodes) {
    std::string& names = nodes_of_version[node.engine];
    names += (names.empty() ? "" : ", ") + node.host_name;
  }
  if (nodes_of_version.size() <= 1)
    return ok("engines", "all nodes have the same: " +
                             (nodes.empty() ? std::string("none") : nodes.front().engine));
  std::string told;
  for (const auto& [version, names] : nodes_of_version)
    told += (told.empty() ? "" : "; ") + names + ": " + version;
  return warn("engines", "nodes have different ones (" + told + ")",
              "bring all to the newest, workers last");
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
                "look at docker info on that manager");
  const std::string said = std::to_string(room->taken) + " of " + std::to_string(room->capacity) +
                           " networks are taken, and each agent needs one";
  if (room->taken * 100 < room->capacity * much_percent) return ok(check, said);
  return warn(check, said,
              "remove networks that nobody uses; only a swarm made with a wider "
              "--default-addr-pool has more");
}

Finding judge_image(const char* check, const std::string& image,
                    const std::vector<ProbedNode>& nodes, std::string ProbedNode::*trouble) {
  std::string told;
  for (const ProbedNode& node : nodes) {
    if (!(node.*trouble).empty())
      told += (told.empty() ? "" : "; ") + node.host_name + ": " + node.*trouble;
  }
  if (told.empty())
    return ok(check, image + " runs on all " + std::to_string(nodes.size()) + " nodes");
  return fail(check, image + " does not run everywhere (" + told + ")",
              "load it on every node, or name one in a registry that they reach");
}

Finding judge_privileges(const std::vector<ProbedNode>& nodes) {
  constexpr const char* check = "no-new-privileges";
  const std::string open = names_of(nodes, [](const ProbedNode& node) {
    return node.no_new_privileges && !*node.no_new_privileges;
  });
  const std::string unknown =
      names_of(nodes, [](const ProbedNode& node) { return !node.no_new_privileges; });
  if (!open.empty())
    return warn(check, "is not set on " + open,
                R"("no-new-privileges": true in their daemon.json, and restart their engines)");
  if (!unknown.empty())
    return warn(check, "nothing ran on " + unknown + " to tell", "mend the images first");
  return ok(check, "is set on every node");
}

Finding judge_ways(const std::vector<ProbedNode>& nodes) {
  constexpr const char* check = "between nodes";
  std::string silent;
  bool all_tried = true;
  for (const ProbedNode& node : nodes) {
    all_tried = all_tried && node.tried_peers;
    if (!node.silent_peer.empty())
      silent += (silent.empty() ? "" : ", ") + node.host_name + " to " + node.silent_peer;
  }
  if (!silent.empty())
    return fail(check, "on an overlay network nothing gets from " + silent,
                "open UDP 4789 and TCP and UDP 7946 between the nodes, and to nobody else");
  if (!all_tried)
    return warn(check, "not tried from every node, since not all of them ran it, or could",
                "mend the images first; trying takes node or nc in the agents' image");
  return ok(check, "every node reaches all " + std::to_string(nodes.size()) +
                       " on an overlay network (UDP 4789, TCP and UDP 7946)");
}

}  // namespace

std::vector<Finding> judge_swarm(const Settings& settings, const SwarmSurvey& survey) {
  return {judge_nodes(survey.nodes),
          judge_managers(survey.nodes),
          judge_engines(survey.nodes),
          judge_fleet_network(settings, survey.fleet_network),
          judge_room(survey.room),
          warn("baseline", swarm_gaps(swarm_settings(settings, {})),
               "see the operator's guide, Docker Swarm; mosaic doctor --probe tells which nodes "
               "have it set")};
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
    findings.push_back(
        is_on_fleet_network(settings, host_routes())
            ? ok("place", "this process is on " + settings.fleet_network)
            : ok("place", std::string(beside_the_fleet) +
                              ", which is as it should be beside a stack that is deployed"));
  } catch (const EngineError& error) {
    findings.push_back(fail("swarm", error.what(), "mend the engine first"));
  }
  return findings;
}

std::vector<Finding> judge_probe(const Settings& settings, const std::string& image,
                                 const std::vector<ProbedNode>& nodes) {
  return {judge_image("agents' image", image, nodes, &ProbedNode::agent_trouble),
          judge_image("links' image", settings.link_image, nodes, &ProbedNode::link_trouble),
          judge_privileges(nodes), judge_ways(nodes)};
}

std::vector<Finding> probe_swarm(const Settings& settings, const std::string& instance,
                                 const std::string& image) {
  const SystemClock clock;
  try {
    SwarmProbe probe(swarm_settings(settings, instance), clock);
    return judge_probe(settings, image, probe.run(image));
  } catch (const EngineError& error) {
    return {fail("probe", error.what(),
                 "mend that; what is left of it goes with the next mosaic doctor --probe")};
  }
}

}  // namespace mosaic::cli
