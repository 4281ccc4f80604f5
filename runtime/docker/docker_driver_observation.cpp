// The part of DockerDriver that looks and changes nothing.
#include "runtime/docker/container_template.hpp"
#include "runtime/docker/docker_driver.hpp"
#include "runtime/docker/engine_query.hpp"

namespace mosaic {
namespace {

bool has_process(ContainerState state) {
  return state == ContainerState::running || state == ContainerState::paused;
}

}  // namespace

std::vector<ListedContainer> DockerDriver::list_agents() {
  EngineRequest request;
  request.route = "/containers/json";
  request.path = "/containers/json?all=true&" +
                 engine_filters({{"label",
                                  {label_filter(label::instance, settings_.instance),
                                   label_filter(label::role, role::agent)}}});
  request.doing = "list containers";
  return decode_container_list(engine_.call(request).body, settings_.gateway_port);
}

ObservedAgent DockerDriver::observe(const AgentIdentity& identity, const std::string& image) {
  ObservedAgent observed;
  observed.as_of = clock_.now();
  std::optional<InspectedContainer> container = inspect(identity.container_name);
  // The engine also answers to the beginning of an id: only the very name counts.
  if (container && container->view.name != identity.container_name) container.reset();
  if (!container || !is_row(*container, identity.key)) {
    if (container) {
      observed.name_holder = container->view.id;
      if (container->labels.instance == settings_.instance)
        observed.held_by_row = container->labels.key;
    }
    container = find_by_labels(identity.key);
  }
  std::string attached_network_id;
  if (container) {
    attached_network_id = container->network_id;
    observed.container = std::move(container->view);
  }
  if (!observed.container || !has_process(observed.container->state)) {
    look_at_rest(observed, identity, image, attached_network_id);
  }
  return observed;
}

void DockerDriver::look_at_rest(ObservedAgent& observed, const AgentIdentity& identity,
                                const std::string& image_name,
                                const std::string& attached_network_id) {
  std::optional<InspectedNetwork> network = networks_.find(network_name(identity));
  // Names follow the owner. One that an earlier row of the same owner left behind is that row's, until its removal.
  if (network && network->labels.key != identity.key) network.reset();
  observed.network_exists = network.has_value();
  // A stopped container refers to its network by id: one of the same name that was made anew is another one, and
  // the engine would refuse to start on it. One that has never run refers to it by name, and has no id of it yet.
  const bool another =
      network && !attached_network_id.empty() && network->id != attached_network_id;
  if (observed.container && (!network || another)) observed.container->attached = false;
  observed.volumes = volumes_.presence(identity);
  InspectedImage image = inspect_image(image_name);
  observed.image = std::move(image.view);
  const bool may_create = network && !observed.container;
  remember_surroundings(network_name(identity),
                        Surroundings{observed.as_of, may_create ? network->gateway : std::string{},
                                     image_name, std::move(image.id)});
}

ImageView DockerDriver::image(const std::string& image) { return inspect_image(image).view; }

DockerDriver::InspectedImage DockerDriver::inspect_image(const std::string& image) {
  EngineRequest request;
  request.route = "/images/{name}/json";
  request.path = engine_path("/images/", image, "/json");
  request.doing = "inspect image " + image;
  const EngineAnswer answer = engine_.call_accepting(request, {404});
  if (answer.status == 404) return InspectedImage{puller_.state(image).value_or(ImageView{}), {}};
  puller_.forget_failure(image);
  return InspectedImage{ImageView{ImageAvailability::present, 100, {}, {}},
                        decode_image_id(answer.body)};
}

bool DockerDriver::is_row(const InspectedContainer& container, const ResourceKey& key) const {
  return container.labels.instance == settings_.instance && container.labels.role == role::agent &&
         container.labels.key == key;
}

std::optional<InspectedContainer> DockerDriver::inspect(const std::string& name_or_id) {
  EngineRequest request;
  request.route = "/containers/{id}/json";
  request.path = engine_path("/containers/", name_or_id, "/json");
  request.doing = "inspect container " + name_or_id;
  const EngineAnswer answer = engine_.call_accepting(request, {404});
  if (answer.status == 404) return std::nullopt;
  return decode_container(answer.body, settings_.gateway_port);
}

InspectedContainer DockerDriver::inspect_or_throw(const std::string& container_id) {
  std::optional<InspectedContainer> container = inspect(container_id);
  if (!container) {
    throw EngineError(EngineErrorKind::not_found,
                      "container " + container_id.substr(0, 12) + " is not there");
  }
  return std::move(*container);
}

// The row's container under another name than the row has now; one with a process wins over one without.
std::optional<InspectedContainer> DockerDriver::find_by_labels(const ResourceKey& key) {
  EngineRequest request;
  request.route = "/containers/json";
  request.path = "/containers/json?all=true&" +
                 engine_filters({{"label",
                                  {label_filter(label::instance, settings_.instance),
                                   label_filter(label::role, role::agent),
                                   label_filter(label::kind, short_name(key.kind)),
                                   label_filter(label::id, key.name)}}});
  request.doing = "find the container of " + to_string(key);
  std::string id;
  for (const ListedContainer& listed :
       decode_container_list(engine_.call(request).body, settings_.gateway_port)) {
    if (listed.container.key != key) continue;
    if (id.empty() || has_process(listed.container.state)) id = listed.container.id;
  }
  if (id.empty()) return std::nullopt;
  return inspect(id);
}

}  // namespace mosaic
