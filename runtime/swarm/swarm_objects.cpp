#include "runtime/swarm/swarm_objects.hpp"

#include "runtime/docker/engine_error_text.hpp"
#include "runtime/docker/engine_query.hpp"

namespace mosaic {
namespace {

// Each try reads anew; who loses this often is up against something that changes it without end.
constexpr int most_update_tries = 8;

EngineRequest look(std::string_view route, std::string path, std::string doing) {
  EngineRequest request;
  request.route = route;
  request.path = std::move(path);
  request.doing = std::move(doing);
  return request;
}

EngineRequest change(std::string_view method, std::string_view route, std::string path,
                     std::string doing) {
  EngineRequest request = look(route, std::move(path), std::move(doing));
  request.method = method;
  request.timeout = engine_timeout::change;
  return request;
}

bool was_overtaken(const EngineAnswer& answer) {
  return answer.status == 500 && answer.body.find("update out of sequence") != std::string::npos;
}

}  // namespace

SwarmObjects::SwarmObjects(EngineClient& engine, std::string instance)
    : engine_(engine), instance_(std::move(instance)) {}

std::optional<SwarmService> SwarmObjects::find_service(const std::string& name_or_id) {
  const EngineAnswer answer =
      engine_.call_accepting(look("/services/{id}", engine_path("/services/", name_or_id, ""),
                                  "inspect service " + name_or_id),
                             {404});
  if (answer.status == 404) return std::nullopt;
  return decode_service(answer.body);
}

SwarmService SwarmObjects::service_or_throw(const std::string& id) {
  std::optional<SwarmService> service = find_service(id);
  if (!service || service->id != id)
    throw EngineError(EngineErrorKind::not_found, "service " + id.substr(0, 12) + " is not there");
  return std::move(*service);
}

std::vector<SwarmService> SwarmObjects::services_with(const std::vector<std::string>& labels) {
  std::vector<std::string> all = labels;
  all.push_back(label_filter(label::instance, instance_));
  return decode_service_list(
      engine_
          .call(look("/services", "/services?" + engine_filters({{"label", all}}), "list services"))
          .body);
}

std::vector<SwarmTask> SwarmObjects::tasks_of(const std::string& service_id) {
  return decode_task_list(
      engine_
          .call(
              look("/tasks", "/tasks?" + engine_filters({{"service", {service_id}}}), "list tasks"))
          .body);
}

std::vector<SwarmTask> SwarmObjects::tasks_of_all() {
  const std::string filters =
      engine_filters({{"label", {label_filter(label::instance, instance_)}}});
  return decode_task_list(engine_.call(look("/tasks", "/tasks?" + filters, "list tasks")).body);
}

std::vector<SwarmNode> SwarmObjects::nodes() {
  return decode_node_list(engine_.call(look("/nodes", "/nodes", "list nodes")).body);
}

std::string SwarmObjects::create_service(const std::string& body, const std::string& doing,
                                         const std::string& secret) {
  EngineRequest request = change("POST", "/services/create", "/services/create", doing);
  request.body = body;
  request.secrets = {secret};
  return decode_created_object(engine_.call(request).body);
}

void SwarmObjects::change_service(
    const std::string& id,
    const std::function<bool(const SwarmService&, nlohmann::json& spec)>& change_spec) {
  for (int attempt = 0; attempt < most_update_tries; ++attempt) {
    const SwarmService service = service_or_throw(id);
    nlohmann::json spec = nlohmann::json::parse(service.spec);
    if (!change_spec(service, spec)) return;
    EngineRequest request =
        change("POST", "/services/{id}/update",
               engine_path("/services/", id, "/update?version=" + std::to_string(service.version)),
               "update service " + service.name);
    request.body = spec.dump();
    const EngineAnswer answer = engine_.call_accepting(request, {500});
    if (answer.status != 500) return;
    if (!was_overtaken(answer))
      throw classify_answer(request.doing, answer.status, answer.body, {});
  }
  throw EngineError(
      EngineErrorKind::conflict,
      "service " + id.substr(0, 12) + " is being changed by somebody else all the time");
}

void SwarmObjects::remove_service(const std::string& id) {
  engine_.call_accepting(
      change("DELETE", "/services/{id}", engine_path("/services/", id, ""), "remove service " + id),
      {404});
}

std::vector<SwarmRecord> SwarmObjects::records() {
  const std::string filters =
      engine_filters({{"label", {label_filter(label::instance, instance_)}}});
  return decode_record_list(
      engine_.call(look("/configs", "/configs?" + filters, "list records")).body);
}

// The engine's filter by name also finds what merely begins so.
std::optional<SwarmRecord> SwarmObjects::find_record(const std::string& name) {
  const std::string path = "/configs?" + engine_filters({{"name", {name}}});
  for (SwarmRecord& record : decode_record_list(
           engine_.call(look("/configs", path, "look for the record " + name)).body)) {
    if (record.name == name) return std::move(record);
  }
  return std::nullopt;
}

// 409: somebody was faster; whoever looks next sees what they wrote.
void SwarmObjects::create_record(const std::string& name, const std::string& body) {
  EngineRequest request =
      change("POST", "/configs/create", "/configs/create", "record where " + name + " is");
  request.body = body;
  engine_.call_accepting(request, {409});
}

void SwarmObjects::set_record_labels(const SwarmRecord& record,
                                     const std::map<std::string_view, std::string>& values) {
  nlohmann::json spec = nlohmann::json::parse(record.spec);
  for (const auto& [name, value] : values) {
    if (value.empty()) {
      spec["Labels"].erase(std::string(name));
    } else {
      spec["Labels"][std::string(name)] = value;
    }
  }
  EngineRequest request = change(
      "POST", "/configs/{id}/update",
      engine_path("/configs/", record.id, "/update?version=" + std::to_string(record.version)),
      "update the record " + record.name);
  request.body = spec.dump();
  const EngineAnswer answer = engine_.call_accepting(request, {500});
  if (answer.status != 500) return;
  if (was_overtaken(answer))
    throw EngineError(EngineErrorKind::conflict,
                      "the record " + record.name + " was changed meanwhile");
  throw classify_answer(request.doing, answer.status, answer.body, {});
}

void SwarmObjects::remove_record(const std::string& id) {
  engine_.call_accepting(change("DELETE", "/configs/{id}", engine_path("/configs/", id, ""),
                                "remove the record " + id),
                         {404});
}

std::optional<InspectedNetwork> SwarmObjects::find_network(const std::string& name) {
  const EngineAnswer answer =
      engine_.call_accepting(look("/networks/{id}", engine_path("/networks/", name, "?scope=swarm"),
                                  "inspect network " + name),
                             {404});
  if (answer.status == 404) return std::nullopt;
  InspectedNetwork network = decode_network(answer.body);
  if (network.name != name) return std::nullopt;
  return network;
}

std::vector<InspectedNetwork> SwarmObjects::networks_labelled(std::vector<std::string> labels) {
  labels.push_back(label_filter(label::instance, instance_));
  const std::string filters = engine_filters({{"label", labels}, {"scope", {"swarm"}}});
  return decode_network_list(
      engine_.call(look("/networks", "/networks?" + filters, "list networks")).body);
}

std::vector<InspectedNetwork> SwarmObjects::networks() { return networks_labelled({}); }

std::vector<InspectedNetwork> SwarmObjects::networks_with(std::string_view network_role) {
  return networks_labelled({label_filter(label::role, network_role)});
}

std::string SwarmObjects::info() {
  return engine_.call(look("/info", "/info", "ask the engine about itself")).body;
}

// From there, and not from the swarm's own page, which also tells the words that nodes join by.
std::optional<NetworkRoom> SwarmObjects::network_room(const std::string& info) {
  const std::string overlays = engine_filters({{"driver", {"overlay"}}, {"scope", {"swarm"}}});
  return decode_network_room(
      info, decode_network_list(
                engine_.call(look("/networks", "/networks?" + overlays, "list networks")).body));
}

std::string SwarmObjects::create_network(const std::string& name, const std::string& body) {
  EngineRequest request =
      change("POST", "/networks/create", "/networks/create", "create network " + name);
  request.body = body;
  return decode_created_id(engine_.call(request).body);
}

// A node keeps its own copy of a network for a moment after the swarm has none any more; the engine finds it by that
// copy, and then says with a status of its own that it is not found.
void SwarmObjects::remove_network(const std::string& id, const std::string& name) {
  const EngineRequest request = change("DELETE", "/networks/{id}",
                                       engine_path("/networks/", id, ""), "remove network " + name);
  const EngineAnswer answer = engine_.call_accepting(request, {404, 500});
  if (answer.status != 500 || answer.body.find("not found") != std::string::npos) return;
  throw classify_answer(request.doing, answer.status, answer.body, {});
}

}  // namespace mosaic
