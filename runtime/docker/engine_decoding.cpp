#include "runtime/docker/engine_decoding.hpp"

#include <cstdio>
#include <ctime>
#include <nlohmann/json.hpp>

#include "model/naming.hpp"
#include "runtime/docker/container_template.hpp"
#include "runtime/docker/engine_error_text.hpp"
#include "runtime/docker/engine_json.hpp"

namespace mosaic {
namespace {

using nlohmann::json;
using namespace engine_json;

ContainerState state_from(const std::string& word) {
  if (word == "running") return ContainerState::running;
  if (word == "paused") return ContainerState::paused;
  if (word == "created") return ContainerState::created;
  if (word == "removing") return ContainerState::removing;
  if (word == "dead") return ContainerState::dead;
  return ContainerState::exited;  // "exited"; "restarting" never happens without a restart policy
}

std::string without_slash(std::string name) {
  if (name.starts_with('/')) name.erase(0, 1);
  return name;
}

// An agent has its own network and no other; its name begins as all names of its instance do.
struct Attachment {
  bool attached = false;
  std::string address;
  std::string network_id;
};

Attachment attachment_from(const json& networks, const std::string& instance) {
  Attachment attachment;
  if (!networks.is_object()) return attachment;
  const std::string prefix = "mosaic-" + instance.substr(0, 8) + "-";
  for (const auto& [name, endpoint] : networks.items()) {
    if (!name.starts_with(prefix)) continue;
    attachment.attached = true;
    attachment.address = text(member(endpoint, "IPAddress"));
    attachment.network_id = text(member(endpoint, "NetworkID"));
  }
  return attachment;
}

void take_attachment(ContainerView& view, const Attachment& attachment,
                     std::uint16_t gateway_port) {
  view.attached = attachment.attached;
  if (!attachment.address.empty())
    view.endpoint = attachment.address + ":" + std::to_string(gateway_port);
}

InspectedNetwork network_from(const json& object) {
  InspectedNetwork network;
  network.id = text(member(object, "Id"));
  network.name = text(member(object, "Name"));
  network.labels = labels_from(member(object, "Labels"));
  network.internal = truth(member(object, "Internal"));
  const json& configs = member(member(object, "IPAM"), "Config");
  if (!configs.is_array()) return network;
  for (const json& config : configs) {
    if (const auto subnet = parse_subnet(text(member(config, "Subnet"))))
      network.subnets.push_back(*subnet);
    if (network.gateway.empty()) network.gateway = text(member(config, "Gateway"));
  }
  // Networks made by others may leave the gateway to the engine.
  if (network.gateway.empty() && !network.subnets.empty())
    network.gateway = gateway_address(network.subnets.front());
  return network;
}

}  // namespace

InspectedContainer decode_container(std::string_view body, std::uint16_t gateway_port) {
  const json object = parse_object(body, "a container");
  const json& state = member(object, "State");
  InspectedContainer inspected;
  inspected.labels = labels_from(member(member(object, "Config"), "Labels"));
  inspected.pid = number<int>(member(state, "Pid"));
  ContainerView& view = inspected.view;
  view.id = text(member(object, "Id"));
  view.name = without_slash(text(member(object, "Name")));
  view.state = state_from(text(member(state, "Status")));
  view.exit_code = number<int>(member(state, "ExitCode"));
  view.oom_killed = truth(member(state, "OOMKilled"));
  view.started_at = parse_engine_time(text(member(state, "StartedAt")));
  view.finished_at = parse_engine_time(text(member(state, "FinishedAt")));
  view.error = scrub(text(member(state, "Error")), {});
  view.spec_hash = label_of(member(member(object, "Config"), "Labels"), label::spec_hash);
  if (inspected.labels.key) view.key = *inspected.labels.key;
  view.memory_mb = number(member(member(object, "HostConfig"), "Memory")) / (1024 * 1024);
  const Attachment attachment = attachment_from(
      member(member(object, "NetworkSettings"), "Networks"), inspected.labels.instance);
  take_attachment(view, attachment, gateway_port);
  inspected.network_id = attachment.network_id;
  if (view.id.empty())
    throw EngineError(EngineErrorKind::failed, "the engine's answer about a container has no id");
  return inspected;
}

std::vector<ListedContainer> decode_container_list(std::string_view body,
                                                   std::uint16_t gateway_port) {
  std::vector<ListedContainer> listed;
  for (const json& object : parse_list(body, "containers")) {
    const json& label_object = member(object, "Labels");
    const ObjectLabels labels = labels_from(label_object);
    if (labels.role != role::agent || !labels.key) continue;
    ContainerView view;
    view.id = text(member(object, "Id"));
    const json& names = member(object, "Names");
    if (names.is_array() && !names.empty()) view.name = without_slash(text(names.front()));
    view.state = state_from(text(member(object, "State")));
    view.spec_hash = label_of(label_object, label::spec_hash);
    view.key = *labels.key;
    take_attachment(
        view,
        attachment_from(member(member(object, "NetworkSettings"), "Networks"), labels.instance),
        gateway_port);
    listed.push_back(ListedContainer{std::move(view)});
  }
  return listed;
}

std::vector<std::string> decode_container_ids(std::string_view body) {
  std::vector<std::string> ids;
  for (const json& object : parse_list(body, "containers"))
    ids.push_back(text(member(object, "Id")));
  return ids;
}

std::vector<InspectedNetwork> decode_network_list(std::string_view body) {
  std::vector<InspectedNetwork> networks;
  for (const json& object : parse_list(body, "networks")) networks.push_back(network_from(object));
  return networks;
}

InspectedNetwork decode_network(std::string_view body) {
  return network_from(parse_object(body, "a network"));
}

ObjectLabels decode_volume_labels(std::string_view body) {
  return labels_from(member(parse_object(body, "a volume"), "Labels"));
}

std::string decode_image_id(std::string_view body) {
  return text(member(parse_object(body, "an image"), "Id"));
}

std::string decode_created_id(std::string_view body) {
  std::string id = text(member(parse_object(body, "a new container"), "Id"));
  if (id.empty())
    throw EngineError(EngineErrorKind::failed, "the engine gave a new container no id");
  return id;
}

int decode_wait_code(std::string_view body) {
  return number<int>(member(parse_object(body, "a container's end"), "StatusCode"));
}

EngineFacts decode_info(std::string_view body) {
  const json object = parse_object(body, "itself");
  EngineFacts facts;
  facts.version = text(member(object, "ServerVersion"));
  facts.data_root = text(member(object, "DockerRootDir"));
  facts.memory_mb = number(member(object, "MemTotal")) / (1024 * 1024);
  facts.cpus = number<int>(member(object, "NCPU"));
  facts.manages_swarm = truth(member(member(object, "Swarm"), "ControlAvailable"));
  return facts;
}

std::optional<EngineEvent> decode_event(std::string_view line) {
  const json object = json::parse(line, nullptr, false);
  if (!object.is_object()) return std::nullopt;
  const json& actor = member(object, "Actor");
  const json& attributes = member(actor, "Attributes");
  EngineEvent event;
  event.type = text(member(object, "Type"));
  event.action = text(member(object, "Action"));
  event.actor_id = text(member(actor, "ID"));
  event.name = text(member(attributes, "name"));
  event.labels = labels_from(attributes);
  if (event.type.empty() || event.action.empty()) return std::nullopt;
  return event;
}

std::optional<PullProgress> decode_pull_progress(std::string_view line) {
  const json object = json::parse(line, nullptr, false);
  if (!object.is_object()) return std::nullopt;
  PullProgress progress;
  progress.status = text(member(object, "status"));
  progress.layer = text(member(object, "id"));
  progress.current = number(member(member(object, "progressDetail"), "current"));
  progress.total = number(member(member(object, "progressDetail"), "total"));
  progress.error = text(member(object, "error"));
  return progress;
}

std::optional<TimePoint> parse_engine_time(std::string_view text) {
  std::tm parts{};
  int consumed = 0;
  const std::string value(text);
  if (std::sscanf(value.c_str(), "%4d-%2d-%2dT%2d:%2d:%2d%n", &parts.tm_year, &parts.tm_mon,
                  &parts.tm_mday, &parts.tm_hour, &parts.tm_min, &parts.tm_sec, &consumed) != 6) {
    return std::nullopt;
  }
  if (parts.tm_year <= 1) return std::nullopt;
  parts.tm_year -= 1900;
  parts.tm_mon -= 1;
  std::string_view rest = std::string_view(value).substr(static_cast<std::size_t>(consumed));
  std::int64_t milliseconds = 0;
  if (rest.starts_with('.')) {
    rest.remove_prefix(1);
    std::int64_t weight = 100;
    for (; !rest.empty() && rest.front() >= '0' && rest.front() <= '9';
         rest.remove_prefix(1), weight /= 10) {
      milliseconds += (rest.front() - '0') * weight;
    }
  }
  std::int64_t offset_minutes = 0;
  int hours = 0;
  int minutes = 0;
  if (rest != "Z") {
    const std::string zone(rest);
    if (std::sscanf(zone.c_str(), "%3d:%2d", &hours, &minutes) != 2) return std::nullopt;
    offset_minutes = hours * 60 + (zone.front() == '-' ? -minutes : minutes);
  }
  const std::int64_t seconds = static_cast<std::int64_t>(::timegm(&parts)) - offset_minutes * 60;
  return TimePoint(Duration(seconds * 1000 + milliseconds));
}

}  // namespace mosaic
