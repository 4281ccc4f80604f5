#include "test/runtime/docker_engine_fixture.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

#include "runtime/docker/container_template.hpp"
#include "runtime/docker/engine_query.hpp"

namespace mosaic {
namespace {

using nlohmann::json;

}  // namespace

DockerLab::DockerLab(const std::function<void(DockerSettings&)>& adjust) {
  settings_.endpoint = parse_engine_url(required_variable("MOSAIC_TEST_ENGINE"), std::nullopt);
  settings_.instance = random_instance();
  settings_.subnet_range = "10.217.0.0/16";
  settings_.command_override = {"openclaw"};
  image_ = required_variable("MOSAIC_TEST_INSTANT_IMAGE");
  if (adjust) adjust(settings_);
  hand_ = std::make_unique<EngineHand>(settings_.endpoint, clock_);
  driver_ = std::make_unique<DockerDriver>(settings_, clock_, isolation_, reclaimer_);
}

DockerLab::~DockerLab() {
  driver_.reset();
  try {
    remove_everything_of_ours();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "cannot tidy up the engine: %s\n", error.what());
  }
}

void DockerLab::remove_everything_of_ours() {
  const std::string filter =
      engine_filters({{"label", {label_filter(label::instance, settings_.instance)}}});
  for (const std::string& path : garbage_) remove(path);
  for (const json& container : get("/containers/json?all=true&" + filter)) {
    remove("/containers/" + container["Id"].get<std::string>() + "?force=true");
  }
  for (const json& network : get("/networks?" + filter))
    remove("/networks/" + network["Id"].get<std::string>());
  const json volumes = get("/volumes?" + filter);
  if (!volumes["Volumes"].is_array()) return;
  for (const json& volume : volumes["Volumes"])
    remove("/volumes/" + volume["Name"].get<std::string>() + "?force=true");
}

std::unique_ptr<DockerDriver> DockerLab::another_driver(
    const std::function<void(DockerSettings&)>& adjust) {
  DockerSettings settings = settings_;
  if (adjust) adjust(settings);
  return std::make_unique<DockerDriver>(settings, clock_, isolation_, reclaimer_);
}

AgentIdentity DockerLab::agent(const std::string& owner) const {
  return AgentIdentity{settings_.instance, ResourceKey(ResourceKind::user_container, "id-" + owner),
                       owner, "test-" + settings_.instance + "-" + owner};
}

AgentSpec DockerLab::spec_of(const AgentIdentity& identity) const {
  AgentSpec spec;
  spec.identity = identity;
  spec.image = image_;
  spec.limits.memory_mb = 128;
  spec.limits.cpu_milli = 500;
  spec.limits.pids = 64;
  spec.gateway_token = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
  spec.spec_hash = "spec-1";
  return spec;
}

std::string DockerLab::create(const AgentIdentity& identity) {
  driver().ensure_volumes(identity);
  driver().ensure_network(identity);
  driver().create_container(spec_of(identity));
  return driver().observe(identity, image()).container.value().id;
}

std::string DockerLab::run_inside(const std::string& container_id,
                                  const std::vector<std::string>& command) {
  const json made =
      post("/containers/" + container_id + "/exec",
           {{"Cmd", command}, {"AttachStdout", true}, {"AttachStderr", true}, {"Tty", true}});
  const std::string id = made["Id"];
  EngineRequest start = hand_request("POST", "/exec/" + id + "/start");
  start.body = json{{"Detach", false}, {"Tty", true}}.dump();
  const std::string output = engine().call(start).body;
  return output + " exit=" + std::to_string(get("/exec/" + id + "/json")["ExitCode"].get<int>());
}

std::string DockerLab::add_foreign_container(const std::string& name) {
  const json made =
      post("/containers/create?name=" + name, {{"Image", image_}, {"Cmd", json::array()}});
  const std::string id = made["Id"];
  remove_later("/containers/" + id + "?force=true");
  post("/containers/" + id + "/start", nullptr);
  return id;
}

std::string DockerLab::add_foreign_network(const std::string& name) {
  const json made = post("/networks/create", {{"Name", name}, {"Driver", "bridge"}});
  remove_later("/networks/" + made["Id"].get<std::string>());
  return name;
}

bool DockerLab::foreign_container_runs(const std::string& id) {
  const json container = get("/containers/" + id + "/json");
  return container["State"]["Running"] && !container["State"]["Paused"] &&
         container["RestartCount"] == 0;
}

bool DockerLab::foreign_network_exists(const std::string& name) {
  return get("/networks/" + name)["Name"] == name;
}

void DockerLab::human_kills(const std::string& container_id) {
  post("/containers/" + container_id + "/kill?signal=KILL", nullptr);
}

void DockerLab::human_removes(const std::string& container_id) {
  remove("/containers/" + container_id + "?force=true");
}

bool DockerLab::human_removes_network(const AgentIdentity& identity) {
  remove("/networks/" + network_name(identity));
  return true;
}

bool DockerLab::listens(const std::string& endpoint) {
  const auto colon = endpoint.find(':');
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(endpoint.substr(colon + 1))));
  if (::inet_pton(AF_INET, endpoint.substr(0, colon).c_str(), &address.sin_addr) != 1) return false;
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return false;
  const bool connected =
      ::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(descriptor);
  return connected;
}

void DockerLab::leave_helper_behind() {
  post("/containers/create?name=mosaic-" + settings_.instance.substr(0, 8) + "-image-probe",
       json::parse(image_probe_body(image_, settings_.instance)));
}

bool DockerLab::has_helper() {
  return !get("/containers/json?all=true&" +
              engine_filters({{"label",
                               {label_filter(label::instance, settings_.instance),
                                label_filter(label::role, role::helper)}}}))
              .empty();
}

}  // namespace mosaic
