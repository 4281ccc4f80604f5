// The part of SwarmDriver that looks and changes nothing.
#include <map>

#include "runtime/docker/container_template.hpp"
#include "runtime/docker/engine_query.hpp"
#include "runtime/swarm/service_template.hpp"
#include "runtime/swarm/swarm_driver.hpp"

namespace mosaic {

std::vector<ListedContainer> SwarmDriver::list_agents() {
  const std::vector<SwarmService> services =
      objects_.services_with({label_filter(label::role, role::agent)});
  const std::vector<SwarmTask> tasks = objects_.tasks_of_all();
  const std::vector<SwarmNode> nodes = objects_.nodes();
  std::map<ResourceKey, std::string> ways;  // to the agents, through their forwarders
  if (linked()) {
    for (const SwarmService& link :
         objects_.services_with({label_filter(label::role, role::link)})) {
      if (link.labels.key)
        ways[*link.labels.key] = endpoint_of_link(link, tasks, nodes, settings_.fleet_network,
                                                  settings_.engine.gateway_port);
    }
  }
  std::vector<ListedContainer> listed;
  for (const SwarmService& service : services) {
    if (!service.labels.key) continue;
    ContainerView view = view_of(service, tasks, nodes, settings_.engine.gateway_port);
    if (linked() && view.state == ContainerState::running) view.endpoint = ways[view.key];
    // What a listing is not relied on for, see RuntimeDriver.
    view.started_at.reset();
    view.finished_at.reset();
    listed.push_back(ListedContainer{std::move(view)});
  }
  return listed;
}

std::vector<ListedNetwork> SwarmDriver::list_networks() {
  std::vector<ListedNetwork> listed;
  for (const InspectedNetwork& network : objects_.networks()) {
    if (network.labels.instance != settings_.engine.instance || !network.labels.key) continue;
    listed.push_back(ListedNetwork{*network.labels.key, network.name});
  }
  return listed;
}

ObservedAgent SwarmDriver::observe(const AgentIdentity& identity, const std::string& image) {
  ObservedAgent observed;
  observed.as_of = clock_.now();
  const std::string name = swarm_name(identity.container_name);
  std::optional<SwarmService> service = objects_.find_service(name);
  // The engine also answers to the beginning of an id: only the very name counts.
  if (service && service->name != name) service.reset();
  if (!service || !is_row(*service, identity.key)) {
    if (service) {
      observed.name_holder = service->id;
      if (service->labels.instance == settings_.engine.instance)
        observed.held_by_row = service->labels.key;
    }
    service = find_by_labels(identity.key, role::agent);
  }
  std::string network_id;
  if (service) {
    network_id = service->network_id;
    observed.container = view(*service);
  }
  if (!observed.container || observed.container->state != ContainerState::running)
    look_at_rest(observed, identity, image, network_id);
  return observed;
}

void SwarmDriver::look_at_rest(ObservedAgent& observed, const AgentIdentity& identity,
                               const std::string& image_name,
                               const std::string& attached_network_id) {
  const std::optional<InspectedNetwork> network = own_network(identity);
  observed.network_exists = network.has_value();
  if (observed.container)
    observed.container->attached = network && network->id == attached_network_id;
  const std::optional<SwarmRecord> record =
      objects_.find_record(swarm_name(state_volume_name(identity)));
  // The record goes only after both volumes went, so that there is no knowing of one alone.
  const bool recorded = record && record->labels.instance == settings_.engine.instance;
  observed.volumes = recorded ? VolumePresence::all : VolumePresence::none;
  observed.copy_under_way = recorded && !record->moving_to.empty();
  observed.image = image(image_name);
}

ImageView SwarmDriver::image(const std::string& image) {
  EngineRequest request;
  request.route = "/images/{name}/json";
  request.path = engine_path("/images/", image, "/json");
  request.doing = "inspect image " + image;
  if (engine_.call_accepting(request, {404}).status == 404)
    return puller_.state(image).value_or(ImageView{});
  puller_.forget_failure(image);
  return ImageView{ImageAvailability::present, 100, {}, {}};
}

ContainerView SwarmDriver::view(const SwarmService& service) {
  const std::vector<SwarmNode> nodes = objects_.nodes();
  ContainerView view =
      view_of(service, objects_.tasks_of(service.id), nodes, settings_.engine.gateway_port);
  if (!linked() || view.state != ContainerState::running) return view;
  const std::optional<SwarmService> link = link_of(service);
  const std::vector<SwarmTask> link_tasks =
      link ? objects_.tasks_of(link->id) : std::vector<SwarmTask>{};
  view.endpoint = link ? endpoint_of_link(*link, link_tasks, nodes, settings_.fleet_network,
                                          settings_.engine.gateway_port)
                       : std::string{};
  // One that somebody took away does not come back by itself: the agent is started anew with it.
  if (!view.endpoint.empty() || !link || !link->wanted || !service.wanted) return view;
  // It runs, and Swarm is about to make the way to it anew: no reason to end it.
  const SwarmTask* task = newest_task(link_tasks, link->id);
  view.state = ContainerState::placing;
  view.error = "it runs, and the way to it is being made" +
               (task == nullptr || task->error.empty() ? "" : ": " + task->error);
  return view;
}

std::optional<SwarmService> SwarmDriver::link_of(const SwarmService& service) {
  if (!linked() || !service.labels.key) return std::nullopt;
  return find_by_labels(*service.labels.key, role::link);
}

bool SwarmDriver::is_row(const SwarmService& service, const ResourceKey& key) const {
  return service.labels.instance == settings_.engine.instance &&
         service.labels.role == role::agent && service.labels.key == key;
}

// The row's service under another name than the row has now; one that is wanted wins over one that is not.
std::optional<SwarmService> SwarmDriver::find_by_labels(const ResourceKey& key,
                                                        std::string_view service_role) {
  std::optional<SwarmService> found;
  for (SwarmService& service : objects_.services_with(
           {label_filter(label::role, service_role),
            label_filter(label::kind, short_name(key.kind)), label_filter(label::id, key.name)})) {
    if (service.labels.key != key) continue;
    if (!found || service.wanted) found = std::move(service);
  }
  return found;
}

}  // namespace mosaic
