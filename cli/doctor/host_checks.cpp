#include "cli/doctor/host_checks.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <sstream>
#include <system_error>

#include "cli/file_descriptor.hpp"
#include "runtime/firewall/engine_locality.hpp"

namespace mosaic::cli {
namespace {

constexpr std::uint64_t gigabyte = 1024ULL * 1024 * 1024;

using AddressList = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

AddressList numeric_address(const ListenAddress& address) {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_PASSIVE;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error =
      ::getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &found);
  return {error == 0 ? found : nullptr, &::freeaddrinfo};
}

// The error of trying to listen there; 0 when it can be done.
int try_to_bind(const ListenAddress& address) {
  const AddressList list = numeric_address(address);
  if (!list) return EADDRNOTAVAIL;
  const FileDescriptor socket(::socket(list->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket) return errno;
  const int yes = 1;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  return ::bind(socket.get(), list->ai_addr, list->ai_addrlen) == 0 ? 0 : errno;
}

std::filesystem::path nearest_existing(std::filesystem::path folder) {
  std::error_code error;
  while (!std::filesystem::exists(folder, error) && folder.has_relative_path())
    folder = folder.parent_path();
  return folder;
}

bool program_exists(const std::string& name) {
  for (const char* folder : {"/usr/sbin/", "/sbin/", "/usr/bin/"}) {
    if (::access((folder + name).c_str(), X_OK) == 0) return true;
  }
  return false;
}

std::string option_of(const std::string& check) {
  if (check == agents_address) return "--agent-listen";
  return check == egress_address ? "--egress-listen" : "--listen";
}

}  // namespace

Finding check_port(const std::string& check, const ListenAddress& address, bool mosaic_runs) {
  const std::string where = to_string(address);
  const int error = try_to_bind(address);
  if (error == 0) return ok(check, where + " is free");
  if (error == EADDRINUSE && mosaic_runs)
    return ok(check, where + " is taken by the mosaic up that runs");
  const std::string option = option_of(check);
  if (error == EADDRINUSE) {
    return fail(check, where + " is taken by another program",
                "end that program (ss -ltnp shows it), or choose another address with " + option);
  }
  return fail(check, "cannot listen on " + where + ": " + std::strerror(error),
              "choose an address of this machine with " + option);
}

std::vector<Route> parse_routes(const std::string& text) {
  std::vector<Route> routes;
  std::istringstream lines(text);
  std::string line;
  std::getline(lines, line);  // the headings
  while (std::getline(lines, line)) {
    std::istringstream words(line);
    std::string interface, destination, gateway, flags, references, uses, metric, mask;
    if (!(words >> interface >> destination >> gateway >> flags >> references >> uses >> metric >>
          mask))
      continue;
    const auto address = ntohl(static_cast<std::uint32_t>(std::stoul(destination, nullptr, 16)));
    const auto bits = ntohl(static_cast<std::uint32_t>(std::stoul(mask, nullptr, 16)));
    routes.push_back({interface, {address, std::popcount(bits)}});
  }
  return routes;
}

std::vector<Route> host_routes() {
  std::ifstream file("/proc/net/route");
  return parse_routes({std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()});
}

Finding check_subnets(const Subnet& agent_subnets, const std::vector<Route>& routes) {
  for (const auto& route : routes) {
    // Agents' own bridges lie within by design, and the default route overlaps with everything.
    if (route.interface.starts_with("mos") || route.destination.prefix_length == 0) continue;
    if (!route.destination.overlaps(agent_subnets)) continue;
    return fail("subnets",
                to_string(agent_subnets) + " overlaps with " + to_string(route.destination) +
                    ", which this machine " + "reaches through " + route.interface,
                "choose a private range that is unused here with --agent-subnets");
  }
  return ok("subnets", to_string(agent_subnets) + " is free");
}

bool is_on_fleet_network(const Settings& settings, const std::vector<Route>& routes) {
  return std::any_of(routes.begin(), routes.end(), [&](const Route& route) {
    return route.destination.prefix_length > 0 &&
           settings.agent_subnets.contains(route.destination.network);
  });
}

Finding check_disk(const std::string& check, const std::filesystem::path& folder) {
  const auto where = nearest_existing(folder);
  struct statvfs status {};
  if (::statvfs(where.c_str(), &status) != 0) {
    return warn(check, "cannot see the disk of " + where.string() + ": " + std::strerror(errno),
                "run as root");
  }
  const std::uint64_t free_bytes = static_cast<std::uint64_t>(status.f_bavail) * status.f_frsize;
  const std::string message =
      std::to_string(free_bytes / gigabyte) + " GB free at " + folder.string();
  if (free_bytes < gigabyte)
    return fail(check, message, "free some space there, or choose another folder");
  if (free_bytes < 5 * gigabyte)
    return warn(check, message, "an agent's image and state take some; free more soon");
  return ok(check, message);
}

Finding check_firewall(const Settings& settings) {
  const char* check = "firewall";
  const bool required = settings.firewall == FirewallMode::required;
  const auto missing = [&](const std::string& message, const std::string& remedy) {
    return required ? fail(check, message, remedy) : warn(check, message, remedy);
  };
  if (settings.firewall == FirewallMode::off) {
    return warn(check, "switched off by --firewall off: agents reach this machine and its networks",
                "use --firewall auto");
  }
  const EngineLocality locality = locate_engine(settings.engine.url);
  if (locality.place == EngineLocality::Place::elsewhere) {
    return missing("agents cannot be walled off from here: " + locality.reason,
                   "run the controller on the engine's own machine");
  }
  if (::geteuid() != 0) {
    return missing("only root can set firewall rules, and this is another user",
                   "run mosaic as root, or in a container with NET_ADMIN on the host's network");
  }
  if (!program_exists("iptables-restore")) {
    return missing("iptables is not installed", "apt-get install --no-install-recommends iptables");
  }
  return ok(check, "agents can be walled off with iptables");
}

Finding check_egress(const Settings& settings, const Finding& firewall) {
  constexpr const char* check = "agents' way out";
  if (settings.agent_egress == EgressPolicy::internet) {
    return ok(check,
              "every public address, asked by nobody; --agent-egress proxy lets the fleet's "
              "settings decide");
  }
  const std::string named =
      std::to_string(settings.agent_egress_allow.size()) + " places of --agent-egress-allow";
  const std::string way =
      settings.agent_egress == EgressPolicy::none
          ? named + " and nothing else"
          : "the egress proxy at " + to_string(settings.egress_listen) + ", and " + named;
  if (firewall.state == Finding::State::ok) return ok(check, way);
  return warn(check,
              way + ", but only for agents that heed it: nothing keeps the others from the rest",
              "mend the firewall");
}

}  // namespace mosaic::cli
