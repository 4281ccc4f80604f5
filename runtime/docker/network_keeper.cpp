#include "runtime/docker/network_keeper.hpp"

#include <ifaddrs.h>
#include <netinet/in.h>

#include <algorithm>
#include <bit>
#include <memory>

#include "runtime/docker/container_template.hpp"
#include "runtime/docker/engine_query.hpp"

namespace mosaic {
namespace {

// Overlaps that no list shows (a network being created by somebody else) are met by trying the next subnet.
constexpr int most_attempts = 16;

bool subnet_is_taken(const EngineError& error) {
  const std::string_view text = error.what();
  constexpr std::string_view hints[] = {"overlaps", "conflicts with", "already in use",
                                        "same bridge name", "bridge name"};
  return std::any_of(std::begin(hints), std::end(hints), [&](std::string_view hint) {
    return text.find(hint) != std::string_view::npos;
  });
}

// What the host itself uses: an agents' subnet over it would cut the host off from its own neighbours.
std::vector<Subnet> host_subnets() {
  ifaddrs* first = nullptr;
  if (::getifaddrs(&first) != 0) return {};
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owned(first, &::freeifaddrs);
  std::vector<Subnet> subnets;
  for (const ifaddrs* entry = first; entry != nullptr; entry = entry->ifa_next) {
    if (entry->ifa_addr == nullptr || entry->ifa_netmask == nullptr ||
        entry->ifa_addr->sa_family != AF_INET)
      continue;
    const auto address =
        ntohl(reinterpret_cast<const sockaddr_in*>(entry->ifa_addr)->sin_addr.s_addr);
    const auto mask =
        ntohl(reinterpret_cast<const sockaddr_in*>(entry->ifa_netmask)->sin_addr.s_addr);
    subnets.push_back(Subnet{address & mask, std::popcount(mask)});
  }
  return subnets;
}

}  // namespace

NetworkKeeper::NetworkKeeper(EngineClient& engine, const DockerSettings& settings)
    : engine_(engine),
      instance_(settings.instance),
      engine_is_local_(settings.endpoint.is_local()),
      range_(settings.subnet_range, settings.subnet_prefix) {}

void NetworkKeeper::ensure(const AgentIdentity& identity) {
  const std::lock_guard creating(creating_);
  const std::vector<InspectedNetwork> networks = all_networks();
  if (settle_existing(networks, identity)) return;
  std::vector<Subnet> taken = engine_is_local_ ? host_subnets() : std::vector<Subnet>{};
  for (const InspectedNetwork& network : networks) {
    taken.insert(taken.end(), network.subnets.begin(), network.subnets.end());
  }
  for (int attempt = 0; attempt < most_attempts; ++attempt) {
    const std::optional<std::size_t> free = range_.lowest_free(taken);
    if (!free) break;
    if (try_create(identity, range_.at(*free))) return;
    taken.push_back(range_.at(*free));
  }
  throw EngineError(EngineErrorKind::subnets_exhausted,
                    "no free subnet is left in " + range_.describe() +
                        ": set a wider agents' subnet range, or remove networks that nobody uses");
}

bool NetworkKeeper::settle_existing(const std::vector<InspectedNetwork>& networks,
                                    const AgentIdentity& identity) {
  const std::string name = network_name(identity);
  for (const InspectedNetwork& network : networks) {
    if (network.name != name) continue;
    if (network.labels.instance != instance_) {
      throw EngineError(
          EngineErrorKind::conflict,
          "the network " + name +
              " is not Mosaic Fleet's: remove or rename it, the agent needs that name");
    }
    if (network.labels.key == identity.key) {
      remember(name, identity.key);
      return true;
    }
    remove_by_id(network.id, name);
  }
  return false;
}

bool NetworkKeeper::try_create(const AgentIdentity& identity, const Subnet& subnet) {
  const std::string name = network_name(identity);
  EngineRequest request;
  request.method = "POST";
  request.route = "/networks/create";
  request.path = "/networks/create";
  request.body = network_body(identity, subnet);
  request.timeout = engine_timeout::change;
  request.doing = "create network " + name + " on " + to_string(subnet);
  try {
    if (engine_.call_accepting(request, {409}).status == 409) {
      // A lost response of an earlier call, or another controller: right if it is ours.
      const std::optional<InspectedNetwork> existing = find(name);
      if (!existing || existing->labels.key != identity.key) {
        throw EngineError(EngineErrorKind::conflict, "the network name " + name + " is taken");
      }
    }
  } catch (const EngineError& error) {
    const bool engine_said_so =
        error.kind() == EngineErrorKind::refused || error.kind() == EngineErrorKind::failed;
    if (engine_said_so && subnet_is_taken(error)) return false;
    throw;
  }
  remember(name, identity.key);
  return true;
}

// Leaves one: the engine itself refuses to remove one that is in use.
void NetworkKeeper::remove_doubles(const std::string& name) {
  std::vector<std::string> ids;
  for (const InspectedNetwork& network : all_networks()) {
    if (network.name == name && network.labels.instance == instance_) ids.push_back(network.id);
  }
  std::size_t left = ids.size();
  for (const std::string& id : ids) {
    if (left < 2) return;
    try {
      remove_by_id(id, name);
      --left;
    } catch (const EngineError& error) {
      if (error.kind() == EngineErrorKind::unavailable) throw;
    }
  }
}

std::optional<InspectedNetwork> NetworkKeeper::find(const std::string& name) {
  EngineRequest request;
  request.route = "/networks/{id}";
  request.path = engine_path("/networks/", name, "");
  request.doing = "inspect network " + name;
  EngineAnswer answer;
  try {
    answer = engine_.call_accepting(request, {404});
  } catch (const EngineError& error) {
    // The engine lets two networks have one name when a create of a controller that died was still
    // under way at its successor's.
    if (std::string_view(error.what()).find("matches found") == std::string_view::npos) throw;
    remove_doubles(name);
    answer = engine_.call_accepting(request, {404});
  }
  if (answer.status == 404) return std::nullopt;
  InspectedNetwork network = decode_network(answer.body);
  // The engine also answers to the beginning of an id.
  if (network.name != name || network.labels.instance != instance_) return std::nullopt;
  remember(name, network.labels.key);
  return network;
}

std::vector<ListedNetwork> NetworkKeeper::list() {
  EngineRequest request;
  request.route = "/networks";
  request.path =
      "/networks?" + engine_filters({{"label", {label_filter(label::instance, instance_)}}});
  request.doing = "list networks";
  std::vector<ListedNetwork> listed;
  std::map<std::string, ResourceKey> owners;
  for (const InspectedNetwork& network : decode_network_list(engine_.call(request).body)) {
    if (network.labels.instance != instance_ || !network.labels.key) continue;
    listed.push_back(ListedNetwork{*network.labels.key, network.name});
    owners.emplace(network.name, *network.labels.key);
  }
  const std::lock_guard lock(mutex_);
  owners_ = std::move(owners);
  return listed;
}

void NetworkKeeper::remove(const std::string& name) {
  const std::optional<InspectedNetwork> network = find(name);
  if (network) remove_by_id(network->id, name);
}

void NetworkKeeper::remove_by_id(const std::string& id, const std::string& name) {
  EngineRequest request;
  request.method = "DELETE";
  request.route = "/networks/{id}";
  request.path = engine_path("/networks/", id, "");
  request.timeout = engine_timeout::change;
  request.doing = "remove network " + name;
  engine_.call_accepting(request, {404});
  remember(name, std::nullopt);
}

std::optional<ResourceKey> NetworkKeeper::owner_of(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto found = owners_.find(name);
  if (found == owners_.end()) return std::nullopt;
  return found->second;
}

std::vector<InspectedNetwork> NetworkKeeper::all_networks() {
  EngineRequest request;
  request.route = "/networks";
  request.path = "/networks";
  request.doing = "list networks";
  return decode_network_list(engine_.call(request).body);
}

void NetworkKeeper::remember(const std::string& name, const std::optional<ResourceKey>& key) {
  const std::lock_guard lock(mutex_);
  owners_.erase(name);
  if (key) owners_.emplace(name, *key);
}

}  // namespace mosaic
