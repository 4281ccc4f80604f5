#include "runtime/docker/container_template.hpp"

#include <cstdio>
#include <nlohmann/json.hpp>

#include "runtime/docker/agent_template.hpp"
#include "runtime/docker/host_isolation.hpp"

namespace mosaic {
namespace {

using nlohmann::json;

json mounts_of(const AgentIdentity& identity, std::string_view state_target,
               std::string_view workspace_target, VolumeOwner owner) {
  return json::array(
      {volume_mount(identity, state_volume_name(identity), state_target, role::state, owner),
       volume_mount(identity, workspace_volume_name(identity), workspace_target, role::workspace,
                    owner)});
}

// What stands around every container that we start, whatever runs in it.
json locked_down_host_config() {
  return json{
      {"CapDrop", json::array({"ALL"})},
      {"SecurityOpt", json::array({"no-new-privileges"})},
      {"ReadonlyRootfs", true},
      {"Privileged", false},
      {"PublishAllPorts", false},
      {"IpcMode", "private"},
      {"CgroupnsMode", "private"},
      {"Init", true},
      {"RestartPolicy", {{"Name", "no"}}},  // the controller alone decides on restarts
      {"LogConfig", {{"Type", "json-file"}, {"Config", {{"max-size", "5m"}, {"max-file", "2"}}}}},
      {"Ulimits", process_limits()},
  };
}

json host_config(const AgentSpec& spec, VolumeOwner owner, const DockerSettings& settings) {
  const std::int64_t memory = spec.limits.memory_mb * mebibyte;
  json config = locked_down_host_config();
  config["NetworkMode"] = network_name(spec.identity);
  config["Mounts"] = mounts_of(spec.identity, state_folder, workspace_folder, owner);
  config["Tmpfs"] = {{"/tmp", "rw,nosuid,nodev,noexec,size=64m,mode=1777"}};
  config["Memory"] = memory;
  config["MemorySwap"] = spec.swap_allowed ? 2 * memory : memory;
  config["NanoCpus"] = spec.limits.cpu_milli * nanos_per_milli;
  config["PidsLimit"] = spec.limits.pids;
  if (!settings.dns_servers.empty()) config["Dns"] = settings.dns_servers;
  return config;
}

}  // namespace

std::string container_body(const AgentSpec& spec, const std::string& gateway, VolumeOwner owner,
                           const DockerSettings& settings) {
  json body{
      {"Image", spec.image},
      {"Hostname", host_name(spec.identity)},
      {"User", std::to_string(agent_user) + ":" + std::to_string(agent_user)},
      {"Env", agent_environment(spec, gateway, settings)},
      {"Labels", agent_labels(spec)},
      {"StopSignal", "SIGTERM"},
      {"StopTimeout", 30},
      {"Healthcheck",
       {{"Test",
         json::array({"NONE"})}}},  // an image's own may cost seconds of CPU; we probe from outside
      {"AttachStdout", false},
      {"AttachStderr", false},
      {"HostConfig", host_config(spec, owner, settings)},
      {"NetworkingConfig", {{"EndpointsConfig", {{network_name(spec.identity), json::object()}}}}},
  };
  AgentCommand command = agent_command(settings.command_override);
  body["Entrypoint"] = std::move(command.entrypoint);
  body["Cmd"] = std::move(command.arguments);
  return body.dump();
}

std::string network_body(const AgentIdentity& identity, const Subnet& subnet) {
  return json{
      {"Name", network_name(identity)},
      {"CheckDuplicate", true},
      {"Driver", "bridge"},
      {"EnableIPv6", false},
      {"IPAM",
       {{"Driver", "default"},
        {"Config",
         json::array({{{"Subnet", to_string(subnet)}, {"Gateway", gateway_address(subnet)}}})}}},
      {"Options",
       {{"com.docker.network.bridge.name", bridge_name(identity.instance, subnet)},
        {"com.docker.network.bridge.enable_icc", "false"},
        {"com.docker.network.bridge.enable_ip_masquerade", "true"}}},
      {"Labels", row_labels_of(identity, role::network)},
  }
      .dump();
}

std::string volume_body(const AgentIdentity& identity, const std::string& name,
                        std::string_view volume_role) {
  return json{{"Name", name}, {"Driver", "local"}, {"Labels", labels_of(identity, volume_role)}}
      .dump();
}

std::string image_probe_body(const std::string& image, const std::string& instance) {
  json host = locked_down_host_config();
  host["NetworkMode"] = "none";
  return json{
      {"Image", image},
      {"Cmd", json::array({"/bin/false"})},
      {"Labels",
       {{std::string(label::instance), instance}, {std::string(label::role), role::helper}}},
      {"HostConfig", host}}
      .dump();
}

std::string volume_owner_body(const std::string& image, const AgentIdentity& identity) {
  json host = locked_down_host_config();
  host["NetworkMode"] = "none";
  host["CapAdd"] = json::array({"CHOWN"});
  // Not under /home/node: an image may close that folder to everybody but its user, and this root may not enter.
  host["Mounts"] =
      mounts_of(identity, helper_state_folder, helper_workspace_folder, VolumeOwner::given);
  host["Memory"] = 64 * mebibyte;
  host["PidsLimit"] = 16;
  const std::string owner = std::to_string(agent_user) + ":" + std::to_string(agent_user);
  return json{
      {"Image", image},
      {"User", "0:0"},
      {"Entrypoint", json::array({"chown", owner, helper_state_folder, helper_workspace_folder})},
      {"Cmd", json::array()},
      {"Healthcheck", {{"Test", json::array({"NONE"})}}},
      {"Labels",
       {{std::string(label::instance), identity.instance},
        {std::string(label::role), role::helper}}},
      {"HostConfig", host}}
      .dump();
}

std::string volume_archive_body(const std::string& image, const AgentIdentity& identity) {
  json host = locked_down_host_config();
  host["NetworkMode"] = "none";
  host["Mounts"] =
      mounts_of(identity, helper_state_folder, helper_workspace_folder, VolumeOwner::given);
  // An archive that is put back names the volume's own folder, which stands in the container's root.
  host["ReadonlyRootfs"] = false;
  return json{{"Image", image},
              {"Cmd", json::array({"/bin/false"})},
              {"Labels",
               {{std::string(label::instance), identity.instance},
                {std::string(label::role), role::helper}}},
              {"HostConfig", host}}
      .dump();
}

std::string bridge_name(const std::string& instance, const Subnet& subnet) {
  // 24 bits are unique within a range of /8 and fit the six characters that the prefix leaves.
  const std::uint32_t number = (subnet.address >> (32 - subnet.prefix)) & 0xFFFFFF;
  char digits[8];
  std::snprintf(digits, sizeof digits, "%06x", number);
  return agent_bridge_prefix(instance) + digits;
}

std::string fingerprint_of_template(const DockerSettings& settings) {
  AgentSpec sample;
  sample.identity =
      AgentIdentity{"00000000", ResourceKey(ResourceKind::user_container, "id"), "owner", "name"};
  sample.image = "image";
  const Subnet subnet{0x0A000000, settings.subnet_prefix};
  // The subnet range decides where an agent lives, not what it is: moving it rolls nothing out.
  const std::string text = container_body(sample, "gateway", VolumeOwner::from_image, settings) +
                           network_body(sample.identity, subnet);
  return template_hash(text);
}

}  // namespace mosaic
