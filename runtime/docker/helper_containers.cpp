#include "runtime/docker/helper_containers.hpp"

#include "model/naming.hpp"
#include "runtime/docker/container_template.hpp"
#include "runtime/docker/engine_decoding.hpp"
#include "runtime/docker/engine_query.hpp"

namespace mosaic {

HelperContainers::HelperContainers(EngineClient& engine, std::string instance)
    : engine_(engine), instance_(std::move(instance)) {}

// A helper of that name is a leftover of a crash: helpers are made one at a time.
std::string HelperContainers::create(const std::string& name, const std::string& body) {
  EngineRequest request;
  request.method = "POST";
  request.route = "/containers/create";
  request.path = "/containers/create?name=" + percent_encode(name);
  request.body = body;
  request.timeout = engine_timeout::change;
  request.doing = "create helper container " + name;
  EngineAnswer answer = engine_.call_accepting(request, {409});
  if (answer.status == 409) {
    EngineRequest inspect;
    inspect.route = "/containers/{id}/json";
    inspect.path = engine_path("/containers/", name, "/json");
    inspect.doing = "inspect container " + name;
    const EngineAnswer holder = engine_.call_accepting(inspect, {404});
    if (holder.status != 404) {
      const InspectedContainer container = decode_container(holder.body, 0);
      if (container.labels.instance != instance_ || container.labels.role != role::helper) {
        throw EngineError(EngineErrorKind::conflict,
                          "the container " + name + " is not Mosaic Fleet's: remove or rename it");
      }
      remove(container.view.id);
    }
    answer = engine_.call(request);
  }
  return decode_created_id(answer.body);
}

void HelperContainers::remove(const std::string& id_or_name) {
  EngineRequest request;
  request.method = "DELETE";
  request.route = "/containers/{id}";
  request.path = engine_path("/containers/", id_or_name, "?force=true&v=false");
  request.timeout = engine_timeout::change;
  request.doing = "remove a helper container";
  engine_.call_accepting(request, {404, 409});
}

void HelperContainers::remove_all() {
  EngineRequest request;
  request.route = "/containers/json";
  request.path =
      "/containers/json?all=true&" + engine_filters({{"label",
                                                      {label_filter(label::instance, instance_),
                                                       label_filter(label::role, role::helper)}}});
  request.doing = "list helper containers";
  for (const std::string& id : decode_container_ids(engine_.call(request).body)) remove(id);
}

}  // namespace mosaic
