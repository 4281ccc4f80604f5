// The objects of a Swarm as one caller reads and changes them: services, tasks, nodes, networks and the records of where
// volumes are. An update is made upon what was just read, and anew when somebody else was faster.
//
// Thread-safety: every method may be called from any thread.
#pragma once

#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/docker/engine_client.hpp"
#include "runtime/driver_vitals.hpp"
#include "runtime/swarm/swarm_decoding.hpp"

namespace mosaic {

class SwarmObjects {
 public:
  // `engine`: of a manager; must outlive this.
  SwarmObjects(EngineClient& engine, std::string instance);

  // By id or name; the engine also answers to the beginning of an id, so callers compare.
  std::optional<SwarmService> find_service(const std::string& name_or_id);
  SwarmService service_or_throw(const std::string& id);  // not_found
  // With all of these labels besides our instance's.
  std::vector<SwarmService> services_with(const std::vector<std::string>& labels);
  std::vector<SwarmTask> tasks_of(const std::string& service_id);
  std::vector<SwarmTask> tasks_of_all();  // with our instance's label on the service
  std::vector<SwarmNode> nodes();

  // Returns the id. conflict: the name is taken.
  std::string create_service(const std::string& body, const std::string& doing,
                             const std::string& secret);
  // `change` gets the spec and returns false when there is nothing to change; it may be called several times.
  void change_service(const std::string& id,
                      const std::function<bool(const SwarmService&, nlohmann::json& spec)>& change);
  void remove_service(const std::string& id);  // gone already: nothing happens

  std::vector<SwarmRecord> records();  // ours
  // Of that name, whoever's it is.
  std::optional<SwarmRecord> find_record(const std::string& name);
  void create_record(const std::string& name, const std::string& body);
  // An empty value takes a label away. conflict: the record is another one since it was read, and nothing was changed.
  void set_record_labels(const SwarmRecord& record,
                         const std::map<std::string_view, std::string>& values);
  void remove_record(const std::string& id);

  // Of that name, whoever's it is.
  std::optional<InspectedNetwork> find_network(const std::string& name);
  std::vector<InspectedNetwork> networks();                                    // ours
  std::vector<InspectedNetwork> networks_with(std::string_view network_role);  // of these
  // What a manager says of itself and of the swarm.
  std::string info();
  // Of the ranges that the swarm takes networks from; networks of others count as well.
  std::optional<NetworkRoom> network_room(const std::string& info);
  std::string create_network(const std::string& name, const std::string& body);
  void remove_network(const std::string& id, const std::string& name);

 private:
  std::vector<InspectedNetwork> networks_labelled(std::vector<std::string> labels);

  EngineClient& engine_;
  const std::string instance_;
};

}  // namespace mosaic
