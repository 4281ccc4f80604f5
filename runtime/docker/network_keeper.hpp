// Agents' own networks on a Docker engine: one bridge and one small subnet each.
//
// Thread-safety: every method may be called from any thread. Networks are created one at a time, because two of them
// would find the same free subnet.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "runtime/docker/docker_settings.hpp"
#include "runtime/docker/engine_client.hpp"
#include "runtime/docker/engine_decoding.hpp"
#include "runtime/docker/subnet_range.hpp"

namespace mosaic {

class NetworkKeeper {
 public:
  NetworkKeeper(EngineClient& engine, const DockerSettings& settings);

  void ensure(const AgentIdentity& identity);
  // The network of exactly that name with our labels; nothing when there is none.
  std::optional<InspectedNetwork> find(const std::string& name);
  std::vector<ListedNetwork> list();
  void remove(const std::string& name);
  // Whose network of ours that name is, from what was seen last.
  std::optional<ResourceKey> owner_of(const std::string& name) const;

 private:
  std::vector<InspectedNetwork> all_networks();
  bool try_create(const AgentIdentity& identity, const Subnet& subnet);
  // True when a network of that name serves this row already; removes an idle one of a former row of that owner.
  bool settle_existing(const std::vector<InspectedNetwork>& networks,
                       const AgentIdentity& identity);
  // Of several networks of ours with that one name, removes all but one.
  void remove_doubles(const std::string& name);
  void remove_by_id(const std::string& id, const std::string& name);
  void remember(const std::string& name, const std::optional<ResourceKey>& key);

  EngineClient& engine_;
  const std::string instance_;
  const bool engine_is_local_;
  const SubnetRange range_;
  std::mutex creating_;
  mutable std::mutex mutex_;
  std::map<std::string, ResourceKey> owners_;  // as many as there are networks of ours
};

}  // namespace mosaic
