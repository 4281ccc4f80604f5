// What this machine itself offers: addresses, routes, disk, firewall. Nothing is changed.
//
// Thread-safety: free functions without shared state.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cli/addresses.hpp"
#include "cli/doctor/finding.hpp"
#include "cli/settings.hpp"

namespace mosaic::cli {

inline constexpr const char* people_address = "people's address";
inline constexpr const char* agents_address = "agents' address";
inline constexpr const char* egress_address = "egress address";

// `mosaic_runs`: a mosaic up holds the data folder, so that its ports are taken by right.
Finding check_port(const std::string& check, const ListenAddress& address, bool mosaic_runs);

// A line of /proc/net/route.
struct Route {
  std::string interface;
  Subnet destination;
};
std::vector<Route> parse_routes(const std::string& proc_net_route);
Finding check_subnets(const Subnet& agent_subnets, const std::vector<Route>& routes);
std::vector<Route> host_routes();

// On a Swarm: whether this process is where agents are reached from, and where they fetch their configurations.
inline constexpr char beside_the_fleet[] =
    "this process is not on the fleet's network: a mosaic up or controller here reaches no agent";
bool is_on_fleet_network(const Settings& settings, const std::vector<Route>& routes);

Finding check_disk(const std::string& check, const std::filesystem::path& folder);
Finding check_firewall(const Settings& settings);
// What agents reach, and whether anything holds them to it.
Finding check_egress(const Settings& settings, const Finding& firewall);

}  // namespace mosaic::cli
