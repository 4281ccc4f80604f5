#include "runtime/swarm/service_template.hpp"

#include <nlohmann/json.hpp>

#include "runtime/docker/agent_template.hpp"

namespace mosaic {
namespace {

using nlohmann::json;

constexpr std::size_t longest_name = 63;
constexpr std::size_t kept_of_long_name = 40;
constexpr std::int64_t nanos_per_second = 1'000'000'000;
constexpr std::int64_t stop_grace_s = 30;
// What an agent is called on its own network.
constexpr std::string_view agent_alias = "agent";
constexpr int sticky_for_all = 01777;

// What an agent closed to itself is opened first; only what is found empty counts as emptied.
constexpr std::string_view empty_folders =
    R"sh(chmod -R u+rwx "$@" 2>/dev/null
find "$@" -mindepth 1 -maxdepth 1 -exec rm -rf {} +
test -z "$(find "$@" -mindepth 1)")sh";

// Tries all peers, each for some seconds: a network of this moment is told to the nodes one by one. The exit code is twice
// the number of the first one that was not reached, or nothing_to_try_with, and one more where new privileges are allowed.
constexpr std::string_view walk_to_peers = R"sh(
allowed=1
while read -r name value; do
  case $name$value in NoNewPrivs:1) allowed=0 ;; esac
done </proc/self/status
if command -v node >/dev/null; then
  exec node -e '
    const [allowed, ...peers] = process.argv.slice(1);
    const pause = (ms) => new Promise((done) => setTimeout(done, ms));
    const ask = (peer) => new Promise((done) => {
      const [host, port] = peer.split(":");
      const socket = require("net").connect({ host, port: Number(port) });
      const end = (reached) => { socket.destroy(); done(reached); };
      socket.setTimeout(2000, () => end(false));
      socket.on("connect", () => end(true));
      socket.on("error", () => end(false));
    });
    const reach = async (peer) => {
      for (let tries = 0; tries < 8; ++tries) {
        if (await ask(peer)) return true;
        await pause(500);
      }
      return false;
    };
    Promise.all(peers.map(reach)).then((reached) =>
      process.exit(2 * (reached.indexOf(false) + 1) + Number(allowed)));' "$allowed" "$@"
fi
command -v nc >/dev/null || exit $((122 + allowed))
number=0
for peer in "$@"; do
  number=$((number + 1))
  tries=8
  until nc -w 2 "${peer%:*}" "${peer##*:}" </dev/null >/dev/null 2>&1; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || exit $((2 * number + allowed))
    sleep 0.5
  done
done
exit "$allowed"
)sh";
constexpr int nothing_to_try_with = 122;

bool is_swarm_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_';
}

bool is_swarm_name(const std::string& name) {
  const auto is_edge = [](char c) { return c == '-' || c == '_'; };
  if (name.empty() || name.size() > longest_name || is_edge(name.front()) || is_edge(name.back()))
    return false;
  for (const char c : name) {
    if (!is_swarm_character(c)) return false;
  }
  return true;
}

json pinned_to(const std::string& node_id) {
  return json{{"Constraints", json::array({"node.id==" + node_id})}};
}

// What stands around every task that we start, whatever runs in it.
json locked_down_container(const std::string& image) {
  const std::string user = std::to_string(agent_user) + ":" + std::to_string(agent_user);
  return json{
      {"Image", image},
      {"User", user},
      {"ReadOnly", true},
      {"Init", true},
      {"CapabilityDrop", json::array({"ALL"})},
      {"Ulimits", process_limits()},
      {"Healthcheck", {{"Test", json::array({"NONE"})}}},
      {"StopSignal", "SIGTERM"},
      {"StopGracePeriod", stop_grace_s * nanos_per_second},
  };
}

json mounts_of(const AgentIdentity& identity) {
  json mounts =
      json::array({volume_mount(identity, state_volume_name(identity), state_folder, role::state,
                                VolumeOwner::from_image),
                   volume_mount(identity, workspace_volume_name(identity), workspace_folder,
                                role::workspace, VolumeOwner::from_image)});
  return mounts;
}

json probe_labels(const std::string& instance) {
  return json{{std::string(label::instance), instance}, {std::string(label::role), role::probe}};
}

json task_template(json container, json resources, const std::string& node_id) {
  return json{
      {"ContainerSpec", std::move(container)},
      {"Resources", std::move(resources)},
      {"RestartPolicy", {{"Condition", "none"}}},  // the controller alone decides on restarts
      {"Placement", pinned_to(node_id)},
      {"LogDriver", {{"Name", "json-file"}, {"Options", {{"max-size", "5m"}, {"max-file", "2"}}}}},
      {"ForceUpdate", 0},
  };
}

// On every node that takes tasks.
std::string probe_service(const std::string& name, const std::string& network_id, json container,
                          json mode, const SwarmSettings& settings) {
  json task = task_template(std::move(container),
                            json{{"Limits", {{"MemoryBytes", 256 * mebibyte}, {"Pids", 64}}}}, "");
  task.erase("Placement");
  task["Networks"] = json::array({{{"Target", network_id}}});
  return json{{"Name", name},
              {"Labels", probe_labels(settings.engine.instance)},
              {"TaskTemplate", std::move(task)},
              {"Mode", std::move(mode)},
              {"EndpointSpec", {{"Mode", "dnsrr"}}}}
      .dump();
}

}  // namespace

std::string swarm_name(const std::string& name) {
  if (is_swarm_name(name)) return name;
  std::string kept = name.substr(0, kept_of_long_name);
  for (char& c : kept) {
    if (!is_swarm_character(c)) c = '-';
  }
  return "m" + kept + "-" + template_hash(name);
}

std::string service_body(const AgentSpec& spec, const std::string& network_id,
                         const std::string& node_id, const SwarmSettings& settings) {
  json container = locked_down_container(spec.image);
  AgentCommand command = agent_command(settings.engine.command_override);
  container["Command"] = std::move(command.entrypoint);
  container["Args"] = std::move(command.arguments);
  container["Hostname"] = host_name(spec.identity);
  container["Env"] = agent_environment(spec, settings.api_host, settings.engine);
  container["Labels"] = row_labels_of(spec.identity, role::agent);
  if (!settings.engine.dns_servers.empty())
    container["DNSConfig"] = {{"Nameservers", settings.engine.dns_servers}};
  json mounts = mounts_of(spec.identity);
  mounts.push_back({{"Type", "tmpfs"},
                    {"Target", "/tmp"},
                    {"TmpfsOptions", {{"SizeBytes", agent_tmp_bytes}, {"Mode", sticky_for_all}}}});
  container["Mounts"] = std::move(mounts);
  const json limits{{"NanoCPUs", spec.limits.cpu_milli * nanos_per_milli},
                    {"MemoryBytes", spec.limits.memory_mb * mebibyte},
                    {"Pids", spec.limits.pids}};
  json task = task_template(std::move(container), json{{"Limits", limits}}, node_id);
  task["Networks"] =
      json::array({{{"Target", network_id}, {"Aliases", json::array({agent_alias})}}});
  return json{
      {"Name", swarm_name(spec.identity.container_name)},
      {"Labels", agent_labels(spec)},
      {"TaskTemplate", std::move(task)},
      {"Mode", {{"Replicated", {{"Replicas", 0}}}}},
      {"UpdateConfig",
       {{"Parallelism", 1}, {"FailureAction", "continue"}, {"Order", "stop-first"}}},
      {"EndpointSpec", {{"Mode", "dnsrr"}}},
  }
      .dump();
}

std::string link_name(const AgentIdentity& identity) {
  return swarm_name(network_name(identity) + "-link");
}

std::string link_body(const AgentIdentity& identity, const std::string& network_id,
                      const std::string& node_id, const SwarmSettings& settings) {
  const std::string gateway = std::to_string(settings.engine.gateway_port);
  const std::string api = std::to_string(settings.engine.api_port);
  json container = locked_down_container(settings.link_image);
  container["Args"] = json::array(
      {gateway + "=" + std::string(agent_alias) + ":" + gateway, api + "=" + settings.api_target});
  container["Labels"] = row_labels_of(identity, role::link);
  json task =
      task_template(std::move(container),
                    json{{"Limits", {{"MemoryBytes", 48 * mebibyte}, {"Pids", 8}}}}, node_id);
  task["RestartPolicy"] = {{"Condition", "any"}, {"Delay", nanos_per_second}};
  task["Networks"] =
      json::array({{{"Target", network_id}, {"Aliases", json::array({settings.api_host})}},
                   {{"Target", settings.fleet_network}}});
  return json{
      {"Name", link_name(identity)},         {"Labels", row_labels_of(identity, role::link)},
      {"TaskTemplate", std::move(task)},     {"Mode", {{"Replicated", {{"Replicas", 1}}}}},
      {"EndpointSpec", {{"Mode", "dnsrr"}}},
  }
      .dump();
}

std::string overlay_body(const AgentIdentity& identity, const SwarmSettings& settings) {
  return json{
      {"Name", swarm_name(network_name(identity))},
      {"CheckDuplicate", true},
      {"Driver", "overlay"},
      {"Internal", !settings.agents_reach_out},
      {"Attachable", false},
      {"EnableIPv6", false},
      {"Labels", row_labels_of(identity, role::network)},
  }
      .dump();
}

std::string record_body(const AgentIdentity& identity, const std::string& node_id) {
  json labels = labels_of(identity, role::state);
  labels[std::string(swarm_label::node)] = node_id;
  // Swarm wants something in it; what matters are the labels, which alone can be changed.
  return json{
      {"Name", swarm_name(state_volume_name(identity))}, {"Labels", labels}, {"Data", "eA=="}}
      .dump();
}

std::string purge_job_body(const AgentIdentity& identity, const std::string& name,
                           const std::string& image, const std::string& node_id) {
  json container = locked_down_container(image);
  container["Command"] =
      json::array({"/bin/sh", "-c", empty_folders, "purge", state_folder, workspace_folder});
  container["Args"] = json::array();
  container["Mounts"] = mounts_of(identity);
  json task =
      task_template(std::move(container),
                    json{{"Limits", {{"MemoryBytes", 64 * mebibyte}, {"Pids", 16}}}}, node_id);
  return json{
      {"Name", name},
      {"Labels",
       {{std::string(label::instance), identity.instance},
        {std::string(label::role), role::helper}}},
      {"TaskTemplate", std::move(task)},
      {"Mode", {{"ReplicatedJob", {{"MaxConcurrent", 1}, {"TotalCompletions", 1}}}}},
  }
      .dump();
}

std::string probe_network_body(const std::string& name, const std::string& instance) {
  return json{{"Name", name},
              {"CheckDuplicate", true},
              {"Driver", "overlay"},
              {"Internal", true},
              {"Labels", probe_labels(instance)}}
      .dump();
}

std::string probe_listener_body(const std::string& name, const std::string& network_id,
                                const SwarmSettings& settings) {
  json container = locked_down_container(settings.link_image);
  // Whatever reaches it has been here; where it would be passed on to, nobody listens.
  container["Args"] = json::array({std::to_string(settings.engine.gateway_port) + "=127.0.0.1:9"});
  return probe_service(name, network_id, std::move(container), {{"Global", json::object()}},
                       settings);
}

std::string probe_walker_body(const std::string& name, const std::string& network_id,
                              const std::string& image, const std::vector<std::string>& peers,
                              const SwarmSettings& settings) {
  json container = locked_down_container(image);
  container["Command"] = json::array({"/bin/sh", "-c", walk_to_peers, "probe"});
  container["Args"] = peers;
  return probe_service(name, network_id, std::move(container), {{"GlobalJob", json::object()}},
                       settings);
}

std::optional<ProbeWalk> read_walk(int exit_code) {
  if (exit_code < 0 || exit_code > nothing_to_try_with + 1) return std::nullopt;
  ProbeWalk walk;
  walk.no_new_privileges = exit_code % 2 == 0;
  const auto number = static_cast<std::size_t>(exit_code / 2);
  walk.has_tools = number < nothing_to_try_with / 2;
  if (walk.has_tools && number > 0) walk.first_silent = number - 1;
  return walk;
}

namespace {

constexpr std::string_view receiver_alias = "mosaic-move";
constexpr std::uint16_t copy_port = 7800;
constexpr std::int64_t copy_memory = 256 * mebibyte;

json as_mover(json container, const json& capabilities) {
  container["User"] = "0:0";
  container["CapabilityAdd"] = capabilities;
  return container;
}

json one_run(const std::string& name, json labels, json task) {
  return json{
      {"Name", name},
      {"Labels", std::move(labels)},
      {"TaskTemplate", std::move(task)},
      {"Mode", {{"Replicated", {{"Replicas", 1}}}}},
      {"EndpointSpec", {{"Mode", "dnsrr"}}},
  };
}

}  // namespace

std::string copy_body(const AgentIdentity& identity, CopyEnd end, const CopyRun& run,
                      const SwarmSettings& settings) {
  const bool sends = end == CopyEnd::sender;
  json container =
      as_mover(locked_down_container(settings.link_image),
               sends ? json::array({"CAP_DAC_OVERRIDE"})
                     : json::array({"CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID"}));
  const std::string port = std::to_string(copy_port);
  container["Command"] = json::array({"/mosaic-move", sends ? "send" : "receive",
                                      sends ? std::string(receiver_alias) + ":" + port : port,
                                      state_folder, workspace_folder});
  container["Env"] = json::array({"MOSAIC_MOVE_WORD=" + run.word});
  container["Labels"] = row_labels_of(identity, role::move);
  container["Mounts"] =
      json::array({volume_mount(identity, state_volume_name(identity), state_folder, role::state,
                                VolumeOwner::given),
                   volume_mount(identity, workspace_volume_name(identity), workspace_folder,
                                role::workspace, VolumeOwner::given)});
  for (json& mount : container["Mounts"]) mount["ReadOnly"] = sends;
  json task =
      task_template(std::move(container),
                    json{{"Limits", {{"MemoryBytes", copy_memory}, {"Pids", 8}}}}, run.node_id);
  json network{{"Target", run.network_id}};
  if (!sends) network["Aliases"] = json::array({receiver_alias});
  task["Networks"] = json::array({std::move(network)});
  json labels = row_labels_of(identity, role::move);
  labels[std::string(swarm_label::node)] = run.node_id;
  return one_run(run.name, std::move(labels), std::move(task)).dump();
}

std::string emptying_body(const SwarmRecord& record, const std::string& name,
                          const std::string& node_id, const SwarmSettings& settings) {
  json container = as_mover(locked_down_container(settings.link_image),
                            json::array({"CAP_DAC_OVERRIDE", "CAP_FOWNER"}));
  container["Command"] = json::array({"/mosaic-move", "empty"});
  container["Mounts"] = json::array();
  for (const std::string& volume : record.volumes) {
    const std::string target = "/volumes/" + volume;
    container["Command"].push_back(target);
    container["Mounts"].push_back({{"Type", "volume"},
                                   {"Source", volume},
                                   {"Target", target},
                                   {"VolumeOptions", {{"NoCopy", true}}}});
  }
  json task = task_template(std::move(container),
                            json{{"Limits", {{"MemoryBytes", copy_memory}, {"Pids", 8}}}}, node_id);
  json labels{{std::string(label::instance), record.labels.instance},
              {std::string(label::role), role::move},
              {std::string(swarm_label::node), node_id}};
  return one_run(name, std::move(labels), std::move(task)).dump();
}

std::string fingerprint_of_service_template(const SwarmSettings& settings) {
  AgentSpec sample;
  sample.identity =
      AgentIdentity{"00000000", ResourceKey(ResourceKind::user_container, "id"), "owner", "name"};
  sample.image = "image";
  return template_hash(
      service_body(sample, "network", "node", settings) + overlay_body(sample.identity, settings) +
      (settings.link_image.empty() ? std::string{}
                                   : link_body(sample.identity, "network", "node", settings)));
}

std::string swarm_gaps(const SwarmSettings& settings) {
  std::string gaps =
      "a Docker Swarm takes no no-new-privileges, seccomp profile or swap limit from a service: "
      "set "
      "no-new-privileges in every node's daemon.json";
  if (settings.agents_reach_out)
    gaps += "; agents reach what their node reaches, as far as the node's own firewall lets them";
  return gaps;
}

}  // namespace mosaic
