#include "test/runtime/swarm_fixture.hpp"

#include <cstdio>
#include <cstdlib>

#include "runtime/docker/agent_template.hpp"
#include "runtime/docker/container_template.hpp"
#include "runtime/docker/engine_query.hpp"
#include "runtime/swarm/service_template.hpp"

namespace mosaic {

using nlohmann::json;

SwarmLab::SwarmLab(Way way) {
  settings_.engine.endpoint =
      parse_engine_url(required_variable("MOSAIC_TEST_SWARM"), std::nullopt);
  settings_.engine.instance = random_instance();
  settings_.engine.command_override = {"openclaw"};
  settings_.poll = std::chrono::milliseconds(100);
  settings_.start_wait = std::chrono::seconds(60);  // however busy the machine is
  image_ = required_variable("MOSAIC_TEST_INSTANT_IMAGE");
  hand_ = std::make_unique<EngineHand>(settings_.engine.endpoint, clock_);
  if (way == Way::link) make_fleet();
  driver_ = std::make_unique<SwarmDriver>(settings_, clock_);
}

void SwarmLab::make_fleet() {
  settings_.link_image = required_variable("MOSAIC_TEST_LINK_IMAGE");
  settings_.fleet_network = "fleet-" + settings_.engine.instance;
  settings_.api_target = "api:" + std::to_string(settings_.engine.gateway_port);
  take_network(settings_.fleet_network);
}

int SwarmLab::replicas(const std::string& service) {
  return hand_->get("/services/" + service)["Spec"]["Mode"]["Replicated"]["Replicas"];
}

void SwarmLab::make_plain_agent(const AgentIdentity& identity) {
  const json body{{"Image", image_}, {"Labels", row_labels_of(identity, role::agent)}};
  const std::string id = hand_->post("/containers/create", body)["Id"];
  garbage_.push_back("/containers/" + id + "?force=true");
}

void SwarmLab::take_network(const std::string& name) {
  const json network = hand_->post("/networks/create",
                                   {{"Name", name}, {"Driver", "overlay"}, {"Attachable", true}});
  garbage_.push_back("/networks/" + network["Id"].get<std::string>());
}

SwarmLab::~SwarmLab() {
  driver_.reset();
  try {
    remove_everything_of_ours();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "cannot tidy up the swarm: %s\n", error.what());
  }
}

// Volumes of other nodes stay until the lab goes: their names are this test's own.
void SwarmLab::remove_everything_of_ours() {
  const std::string filter =
      engine_filters({{"label", {label_filter(label::instance, settings_.engine.instance)}}});
  for (const json& service : hand_->get("/services?" + filter))
    hand_->remove("/services/" + service["ID"].get<std::string>());
  // The newest first: what is attached to a network goes before it. The tasks of services go a moment after them.
  for (auto path = garbage_.rbegin(); path != garbage_.rend(); ++path) {
    const auto removed = [&] {
      return hand_->engine()
                 .call_accepting(hand_request("DELETE", *path), {400, 403, 404, 409, 500})
                 .status < 300;
    };
    if (!soon(removed)) std::fprintf(stderr, "%s cannot be removed\n", path->c_str());
  }
  for (const json& network : hand_->get("/networks?" + filter))
    hand_->remove("/networks/" + network["Id"].get<std::string>());
  for (const json& config : hand_->get("/configs?" + filter))
    hand_->remove("/configs/" + config["ID"].get<std::string>());
}

std::string SwarmLab::run_on_fleet(const std::string& alias) {
  const json body{{"Image", image_},
                  {"Entrypoint", {"openclaw"}},
                  {"NetworkingConfig",
                   {{"EndpointsConfig", {{settings_.fleet_network, {{"Aliases", {alias}}}}}}}},
                  {"HostConfig", {{"NetworkMode", settings_.fleet_network}}}};
  const std::string id = hand_->post("/containers/create", body)["Id"];
  garbage_.push_back("/containers/" + id + "?force=true");
  hand_->post("/containers/" + id + "/start", nullptr);
  return id;
}

std::string SwarmLab::container_of(const std::string& service_id) {
  for (const json& task : tasks_of(service_id)) {
    if (task["Status"]["State"] == "running")
      return task["Status"]["ContainerStatus"]["ContainerID"];
  }
  return {};
}

// With the node's own shell in the container's network: an image of an agent need not have what it takes.
bool SwarmLab::fetches(const std::string& container, const std::string& endpoint) {
  const std::size_t colon = endpoint.rfind(':');
  if (colon == std::string::npos) return false;
  const int process = hand_->get("/containers/" + container + "/json")["State"]["Pid"];
  const std::string command =
      required_variable("MOSAIC_TEST_SWARM_LAB") + " in n1 -- nsenter --target " +
      std::to_string(process) + " --net timeout 3 bash -c 'exec 3<>/dev/tcp/" +
      endpoint.substr(0, colon) + "/" + endpoint.substr(colon + 1) +
      " && printf \"GET /readyz HTTP/1.0\\r\\n\\r\\n\" >&3 && grep -q \" 200 \" <&3' 2>/dev/null";
  return std::system(command.c_str()) == 0;
}

AgentIdentity SwarmLab::agent(const std::string& owner) const {
  const std::string& instance = settings_.engine.instance;
  return AgentIdentity{instance, ResourceKey(ResourceKind::user_container, "id-" + owner), owner,
                       "test-" + instance + "-" + owner};
}

AgentSpec SwarmLab::spec_of(const AgentIdentity& identity) const {
  AgentSpec spec;
  spec.identity = identity;
  spec.image = image_;
  spec.limits = ResourceLimits{128, 500, 64};
  spec.gateway_token = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
  spec.spec_hash = "spec-1";
  return spec;
}

std::string SwarmLab::create(const AgentIdentity& identity) {
  driver().ensure_volumes(identity);
  driver().ensure_network(identity);
  return driver().create_container(spec_of(identity)).id;
}

std::string SwarmLab::node_id(const std::string& host_name) {
  for (const json& node : hand_->get("/nodes")) {
    if (node["Description"]["Hostname"] == host_name) return node["ID"];
  }
  throw std::runtime_error("no node " + host_name);
}

std::string SwarmLab::add_foreign_container(const std::string& name) {
  const json body{
      {"Name", name},
      {"TaskTemplate", {{"ContainerSpec", {{"Image", image_}, {"Command", {"openclaw"}}}}}},
      {"Mode", {{"Replicated", {{"Replicas", 1}}}}},
      {"EndpointSpec", {{"Mode", "dnsrr"}}}};
  const std::string id = hand_->post("/services/create", body)["ID"];
  garbage_.push_back("/services/" + id);
  if (!soon([&] { return foreign_container_runs(id); }))
    throw std::runtime_error("the foreign service does not run");
  return id;
}

std::string SwarmLab::add_foreign_network(const std::string& name) {
  const json made = hand_->post("/networks/create", {{"Name", name}, {"Driver", "overlay"}});
  garbage_.push_back("/networks/" + made["Id"].get<std::string>());
  return name;
}

// Its first task, and no other ever.
bool SwarmLab::foreign_container_runs(const std::string& id) {
  const json tasks = tasks_of(id);
  return tasks.size() == 1 && tasks[0]["Status"]["State"] == "running" &&
         tasks[0]["DesiredState"] == "running";
}

bool SwarmLab::foreign_network_exists(const std::string& name) {
  return hand_->get("/networks/" + name)["Name"] == name;
}

json SwarmLab::tasks_of(const std::string& service_id) {
  return hand_->get("/tasks?" + engine_filters({{"service", {service_id}}}));
}

void SwarmLab::human_kills(const std::string& service_id) {
  for (const json& task : tasks_of(service_id)) {
    if (task["Status"]["State"] != "running") continue;
    const std::string container = task["Status"]["ContainerStatus"]["ContainerID"];
    hand_->post("/containers/" + container + "/kill?signal=KILL", nullptr);
  }
}

void SwarmLab::human_removes(const std::string& service_id) {
  hand_->remove("/services/" + service_id);
}

void SwarmLab::leave_helper_behind() {
  const AgentIdentity nobody = agent("nobody");
  const std::string node = hand_->get("/info")["Swarm"]["NodeID"];
  hand_->post("/services/create", json::parse(purge_job_body(
                                      nobody, "left-" + settings_.engine.instance, image_, node)));
}

bool SwarmLab::has_helper() {
  return !hand_
              ->get("/services?" +
                    engine_filters({{"label",
                                     {label_filter(label::instance, settings_.engine.instance),
                                      label_filter(label::role, role::helper)}}}))
              .empty();
}

}  // namespace mosaic
