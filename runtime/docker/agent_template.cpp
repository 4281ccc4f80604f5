#include "runtime/docker/agent_template.hpp"

#include <cstdio>
#include <map>

#include "runtime/boot/boot_script.hpp"

namespace mosaic {
namespace {

using nlohmann::json;

constexpr int open_files = 8192;

// FNV-1a.
std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return hash;
}

// For whatever runs in there: OpenClaw's own routing, Node's, and that of common tools. Nothing but the agent itself and
// its config endpoint is asked without the proxy, since nothing else answers.
void add_proxy(const std::string& proxy, const std::string& api_host,
               std::map<std::string, std::string>& variables) {
  for (const char* const name :
       {"HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "OPENCLAW_PROXY_URL"})
    variables[name] = proxy;
  for (const char* const name : {"NO_PROXY", "no_proxy"})
    variables[name] = "127.0.0.1,localhost,::1," + api_host;
  variables["NODE_USE_ENV_PROXY"] = "1";
}

}  // namespace

json labels_of(const AgentIdentity& identity, std::string_view object_role) {
  json labels = json::object();
  labels[std::string(label::instance)] = identity.instance;
  labels[std::string(label::kind)] = short_name(identity.key.kind);
  labels[std::string(label::owner)] = encode_owner(identity.owner);
  labels[std::string(label::role)] = object_role;
  return labels;
}

json row_labels_of(const AgentIdentity& identity, std::string_view object_role) {
  json labels = labels_of(identity, object_role);
  labels[std::string(label::id)] = identity.key.name;
  return labels;
}

json agent_labels(const AgentSpec& spec) {
  json labels = row_labels_of(spec.identity, role::agent);
  labels[std::string(label::spec_hash)] = spec.spec_hash;
  return labels;
}

json volume_mount(const AgentIdentity& identity, const std::string& name, std::string_view target,
                  std::string_view volume_role, VolumeOwner owner) {
  return json{
      {"Type", "volume"},
      {"Source", name},
      {"Target", target},
      {"VolumeOptions",
       {{"NoCopy", owner == VolumeOwner::given}, {"Labels", labels_of(identity, volume_role)}}}};
}

json agent_environment(const AgentSpec& spec, const std::string& api_host,
                       const DockerSettings& settings) {
  std::map<std::string, std::string> variables{
      {"AGENT_ID", spec.identity.key.name},
      {"AGENT_KIND", std::string(short_name(spec.identity.key.kind))},
      {"AGENT_TOKEN", spec.gateway_token},
      {"HOME", "/home/node"},
      {"MOSAIC_API_URL", "http://" + api_host + ":" + std::to_string(settings.api_port)},
      {"OPENCLAW_DISABLE_BONJOUR", "1"},
      {"OPENCLAW_NO_AUTO_UPDATE", "1"},
      {"OPENCLAW_STATE_DIR", std::string(state_folder)},
      {"XDG_CACHE_HOME", std::string(state_folder) + "/cache"},
  };
  if (settings.proxy_port != 0) {
    const auto credential = settings.proxy_credential(spec.identity.key, spec.gateway_token);
    add_proxy("http://" + credential + "@" + api_host + ":" + std::to_string(settings.proxy_port),
              api_host, variables);
  }
  for (const auto& [name, value] : settings.extra_environment) variables[name] = value;
  json list = json::array();
  for (const auto& [name, value] : variables) list.push_back(name + "=" + value);
  return list;
}

AgentCommand agent_command(const std::vector<std::string>& override_command) {
  if (!override_command.empty()) return {override_command, json::array()};
  return {json::array({"/bin/sh", "-c"}), json::array({agent_boot_script(), "agent-boot"})};
}

json process_limits() {
  return {{{"Name", "nofile"}, {"Soft", open_files}, {"Hard", open_files}},
          {{"Name", "core"}, {"Soft", 0}, {"Hard", 0}}};
}

std::string template_hash(std::string_view text) {
  char digits[20];
  std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(hash_of(text)));
  return digits;
}

}  // namespace mosaic
