#include "cli/settings.hpp"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <thread>

#include "api/auth/public_origin.hpp"
#include "api/web_pages.hpp"
#include "cli/failure.hpp"
#include "cli/text_source.hpp"

namespace mosaic::cli {
namespace {

template <typename Value>
Value one_of(const std::string& text, std::string_view option,
             const std::map<std::string_view, Value>& words) {
  const auto found = words.find(text);
  if (found != words.end()) return found->second;
  std::string known;
  for (const auto& [word, value] : words) known += (known.empty() ? "" : ", ") + std::string(word);
  throw UsageError(std::string(option) + ": '" + text.substr(0, 100) + "' is not one of " + known);
}

Subnet checked_agent_subnets(const std::string& text) {
  const auto subnet = parse_subnet(text);
  if (!subnet) {
    throw UsageError(
        "--agent-subnets: '" + text.substr(0, 100) +
        "' is no IPv4 network (host bits must be zero); give one such as 10.213.0.0/16");
  }
  // Every agent takes a /29 or so of it; beyond a /8 it would swallow the machine's own networks.
  if (subnet->prefix_length < 8 || subnet->prefix_length > 24) {
    throw UsageError("--agent-subnets: " + to_string(*subnet) +
                     " must be between /8 and /24; a /16 has room for "
                     "thousands of agents");
  }
  const Subnet loopback{0x7f000000, 8};
  if (subnet->overlaps(loopback))
    throw UsageError("--agent-subnets: 127.0.0.0/8 belongs to the machine itself");
  return *subnet;
}

std::string checked_database_url(const std::string& text) {
  if (text.empty()) return text;
  const bool uri = text.starts_with("postgres://") || text.starts_with("postgresql://");
  const bool pairs = text.find("host=") != std::string::npos ||
                     text.find("dbname=") != std::string::npos ||
                     text.find("service=") != std::string::npos;
  if (!uri && !pairs) {
    throw UsageError(
        "DATABASE_URL is no Postgres address; give postgresql://USER:PASSWORD@HOST:5432/DATABASE, "
        "or "
        "unset it to use the embedded Postgres");
  }
  return text;
}

std::filesystem::path checked_data_dir(const std::string& text) {
  if (text.empty() || text.front() != '/') {
    throw UsageError("--data-dir: '" + text.substr(0, 100) +
                     "' must be an absolute path, such as /var/lib/mosaic");
  }
  return std::filesystem::path(text).lexically_normal();
}

std::optional<TlsFiles> checked_tls_files(const RawSettings& raw) {
  if (raw.engine_tls_dir.empty()) return std::nullopt;
  if (raw.engine.starts_with("unix:")) {
    throw UsageError("--engine-tls-dir: only an engine at tcp://HOST:PORT speaks TLS");
  }
  const std::filesystem::path folder(raw.engine_tls_dir);
  for (const char* file : {"ca.pem", "cert.pem", "key.pem"}) {
    if (::access((folder / file).c_str(), R_OK) != 0) {
      throw UsageError("--engine-tls-dir: cannot read " + (folder / file).string() +
                       "; the folder must hold ca.pem, cert.pem and key.pem");
    }
  }
  return TlsFiles{folder / "ca.pem", folder / "cert.pem", folder / "key.pem"};
}

EngineEndpoint checked_engine(const RawSettings& raw) {
  const auto tls = checked_tls_files(raw);
  try {
    return parse_engine_url(raw.engine, tls);
  } catch (const std::invalid_argument& error) {
    throw UsageError(std::string("--engine: ") + error.what());
  }
}

AllowedDestination checked_destination(const std::string& text) {
  if (auto destination = parse_allowed_destination(text)) return *destination;
  throw UsageError(
      "--agent-egress-allow: '" + text.substr(0, 100) +
      "' must be an IPv4 ADDRESS or NETWORK/LENGTH, with or without :PORT, such as "
      "192.168.1.5:11434. The firewall knows no names, and what they point to may change: "
      "look the address up with getent ahostsv4 NAME");
}

int checked_count(int value, int fallback, int high, std::string_view option) {
  if (value < 0 || value > high) {
    throw UsageError(std::string(option) + ": " + std::to_string(value) + " is not between 1 and " +
                     std::to_string(high));
  }
  return value == 0 ? fallback : value;
}

// Shorter ones leave no room for a renewal that is late, longer ones leave agents alone for too long.
std::chrono::seconds checked_lease(int seconds) {
  if (seconds == 0) return std::chrono::seconds(15);
  if (seconds >= 3 && seconds <= 300) return std::chrono::seconds(seconds);
  throw UsageError("--lease-seconds: " + std::to_string(seconds) + " is not between 3 and 300");
}

std::string checked_image(const std::string& text, const std::string& option,
                          const std::string& example) {
  if (text.size() > 255 || text.find_first_of(" \t\r\n\"'") != std::string::npos)
    throw UsageError(option + ": that is no image reference; give one such as " + example);
  return text;
}

bool is_network_name(const std::string& text) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  };
  return !text.empty() && text.size() <= 128 && std::all_of(text.begin(), text.end(), allowed);
}

// "api:18080": a name that the fleet's network knows, or an address.
std::string checked_agents_api(const std::string& text, std::uint16_t agent_port) {
  if (text.empty()) return "api:" + std::to_string(agent_port);
  const std::size_t colon = text.rfind(':');
  int port = 0;
  if (colon != std::string::npos) {
    const std::string digits = text.substr(colon + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (error != std::errc() || end != digits.data() + digits.size()) port = 0;
  }
  if (port < 1 || port > 65535 || !is_network_name(text.substr(0, colon)))
    throw UsageError("--agents-api: '" + text.substr(0, 100) +
                     "' must be HOST:PORT, such as api:18080");
  return text;
}

void take_swarm_settings(const RawSettings& raw, Settings& settings) {
  settings.engine_kind =
      one_of<EngineKind>(raw.engine_kind, "--engine-kind",
                         {{"docker", EngineKind::docker}, {"swarm", EngineKind::swarm}});
  settings.link_image = checked_image(raw.link_image, "--link-image", "mosaic/link:local");
  settings.fleet_network = raw.fleet_network;
  settings.agents_api = checked_agents_api(raw.agents_api, settings.agent_listen.port);
  if (settings.engine_kind == EngineKind::docker) return;
  if (settings.link_image.empty())
    throw UsageError(
        "--link-image: agents on a swarm are reached through it; give mosaic/link:local");
  if (!is_network_name(settings.fleet_network))
    throw UsageError("--fleet-network: '" + settings.fleet_network.substr(0, 100) +
                     "' is no network's name; give one such as mosaic-fleet");
  if (settings.agent_egress == EgressPolicy::proxy)
    throw UsageError(
        "--agent-egress: on a swarm no agent reaches the egress proxy; give internet or none");
  if (!settings.agent_egress_allow.empty())
    throw UsageError(
        "--agent-egress-allow: on a swarm agents reach everything or nothing; give --agent-egress "
        "internet, and let the nodes' own firewalls say what they reach");
  if (settings.firewall == FirewallMode::required && settings.agent_egress != EgressPolicy::none)
    throw UsageError(
        "--firewall: required needs --agent-egress none on a swarm, where the nodes' firewalls "
        "cannot be set from here");
}

std::string checked_public_url(const std::string& text) {
  try {
    PublicOrigin(text, false);
    return text;
  } catch (const std::invalid_argument& error) {
    throw UsageError(std::string("--public-url: ") + error.what());
  }
}

AddressRange checked_proxy(const std::string& text) {
  const auto range = AddressRange::parse(text);
  if (!range) {
    throw UsageError("--trusted-proxies: '" + text.substr(0, 100) +
                     "' is no address or network (host bits must be zero); give such as 10.0.0.5 "
                     "or 10.0.0.0/8,fd00::/8");
  }
  if (range->is_everybody()) {
    throw UsageError("--trusted-proxies: with " + text.substr(0, 100) +
                     " everybody could claim any address; name those of your proxies only");
  }
  return *range;
}

std::optional<std::filesystem::path> checked_web_folder(const std::string& text) {
  if (text == "off") return std::nullopt;
  if (text.empty()) return find_web_folder(std::filesystem::read_symlink("/proc/self/exe"));
  if (WebPages::exist_in(text)) return std::filesystem::path(text);
  throw UsageError("--web: " + text.substr(0, 300) +
                   " has no index.html; give the folder of the built pages (build/web), or off");
}

std::vector<std::string> words_of(const std::string& list) {
  std::vector<std::string> words;
  std::istringstream stream(list);
  for (std::string word; std::getline(stream, word, ',');) {
    if (!word.empty()) words.push_back(word);
  }
  return words;
}

int number_of(const std::string& text, const std::string& name) {
  int value = 0;
  const char* last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, value);
  if (text.empty() || (error == std::errc() && end == last)) return value;
  throw UsageError(name + ": '" + text.substr(0, 100) + "' is no number");
}

int cores() { return std::max(1, static_cast<int>(std::thread::hardware_concurrency())); }

// Where nobody listens, nothing is in the way of others.
void require_egress_port(const Settings& settings) {
  if (settings.agent_egress != EgressPolicy::proxy) return;
  for (const auto& [port, option] : {std::pair{settings.listen.port, "--listen"},
                                     std::pair{settings.agent_listen.port, "--agent-listen"}}) {
    if (settings.egress_listen.port != port) continue;
    throw UsageError(std::string(option) +
                     " and --egress-listen must have different ports; both are " +
                     std::to_string(port));
  }
}

}  // namespace

std::string default_data_dir() {
  if (::geteuid() == 0) return "/var/lib/mosaic";
  const char* data_home = std::getenv("XDG_DATA_HOME");
  if (data_home != nullptr && data_home[0] == '/') return std::string(data_home) + "/mosaic-fleet";
  const char* home = std::getenv("HOME");
  return std::string(home == nullptr ? "" : home) + "/.local/share/mosaic-fleet";
}

std::optional<std::filesystem::path> find_web_folder(const std::filesystem::path& program) {
  const auto folder = program.parent_path();
  for (const auto* place : {"web", "../share/mosaic/web", "../../web"}) {
    const auto candidate = (folder / place).lexically_normal();
    if (WebPages::exist_in(candidate)) return candidate;
  }
  return std::nullopt;
}

std::string secret_variable(const std::function<std::string(const char*)>& variable,
                            const std::string& name) {
  std::string value = variable(name.c_str());
  const std::string file = variable((name + "_FILE").c_str());
  if (file.empty()) return value;
  if (!value.empty())
    throw UsageError(name + " and " + name + "_FILE are both set; leave one of them out");
  // "-" would be standard input, which belongs to the command.
  if (file.front() != '/') throw UsageError(name + "_FILE: '" + file + "' is no absolute path");
  std::istringstream none;
  return read_secret(file, none);
}

RawSettings settings_from_environment(const std::function<std::string(const char*)>& variable) {
  RawSettings raw;
  raw.data_dir = default_data_dir();
  const auto text = [&](const char* name, std::string& setting) {
    if (auto value = variable(name); !value.empty()) setting = std::move(value);
  };
  raw.database_url = secret_variable(variable, "DATABASE_URL");
  text("MOSAIC_DATA_DIR", raw.data_dir);
  text("DOCKER_HOST", raw.engine);
  text("MOSAIC_ENGINE_TLS_DIR", raw.engine_tls_dir);
  text("MOSAIC_ENGINE_KIND", raw.engine_kind);
  text("MOSAIC_LINK_IMAGE", raw.link_image);
  text("MOSAIC_FLEET_NETWORK", raw.fleet_network);
  text("MOSAIC_AGENTS_API", raw.agents_api);
  text("MOSAIC_AGENT_IMAGE", raw.agent_image);
  text("MOSAIC_AGENT_SUBNETS", raw.agent_subnets);
  text("MOSAIC_AGENT_EGRESS", raw.agent_egress);
  text("MOSAIC_FIREWALL", raw.firewall);
  text("MOSAIC_LISTEN", raw.listen);
  text("MOSAIC_AGENT_LISTEN", raw.agent_listen);
  text("MOSAIC_EGRESS_LISTEN", raw.egress_listen);
  text("MOSAIC_PUBLIC_URL", raw.public_url);
  text("MOSAIC_PLAIN_HTTP", raw.plain_http);
  text("MOSAIC_WEB", raw.web);
  text("MOSAIC_LOG_FORMAT", raw.log_format);
  text("MOSAIC_LOG_LEVEL", raw.log_level);
  raw.previous_secret_key = secret_variable(variable, "MOSAIC_SECRET_KEY_PREVIOUS");
  raw.agent_egress_allow = words_of(variable("MOSAIC_AGENT_EGRESS_ALLOW"));
  raw.trusted_proxies = words_of(variable("MOSAIC_TRUSTED_PROXIES"));
  raw.workers = number_of(variable("MOSAIC_WORKERS"), "MOSAIC_WORKERS");
  raw.start_concurrency =
      number_of(variable("MOSAIC_START_CONCURRENCY"), "MOSAIC_START_CONCURRENCY");
  raw.lease_seconds = number_of(variable("MOSAIC_LEASE_SECONDS"), "MOSAIC_LEASE_SECONDS");
  return raw;
}

Settings validate_database(const RawSettings& raw, const std::string& secret_key) {
  Settings settings;
  settings.database_url = checked_database_url(raw.database_url);
  settings.secret_key = secret_key;
  settings.previous_secret_key = raw.previous_secret_key;
  settings.data_dir = checked_data_dir(raw.data_dir);
  return settings;
}

Settings validate(const RawSettings& raw, const std::string& secret_key) {
  Settings settings = validate_database(raw, secret_key);
  settings.engine = checked_engine(raw);
  settings.listen = parse_listen_address(raw.listen, "--listen", true);
  settings.agent_listen = parse_listen_address(raw.agent_listen, "--agent-listen");
  if (settings.listen.port == settings.agent_listen.port) {
    throw UsageError("--listen and --agent-listen must have different ports; both are " +
                     std::to_string(settings.listen.port));
  }
  settings.egress_listen = parse_listen_address(raw.egress_listen, "--egress-listen");
  settings.public_url = checked_public_url(raw.public_url);
  settings.plain_http =
      one_of<bool>(raw.plain_http, "--plain-http", {{"on", true}, {"off", false}});
  for (const auto& text : raw.trusted_proxies)
    settings.trusted_proxies.push_back(checked_proxy(text));
  settings.web_folder = checked_web_folder(raw.web);
  settings.agent_subnets = checked_agent_subnets(raw.agent_subnets);
  settings.agent_egress = one_of<EgressPolicy>(raw.agent_egress, "--agent-egress",
                                               {{"internet", EgressPolicy::internet},
                                                {"proxy", EgressPolicy::proxy},
                                                {"none", EgressPolicy::none}});
  for (const auto& text : raw.agent_egress_allow)
    settings.agent_egress_allow.push_back(checked_destination(text));
  require_egress_port(settings);
  settings.firewall = one_of<FirewallMode>(raw.firewall, "--firewall",
                                           {{"auto", FirewallMode::automatic},
                                            {"required", FirewallMode::required},
                                            {"off", FirewallMode::off}});
  settings.agent_image = checked_image(raw.agent_image, "--agent-image", "alpine/openclaw:latest");
  take_swarm_settings(raw, settings);
  settings.workers = checked_count(raw.workers, std::max(4, 2 * cores()), 256, "--workers");
  settings.start_concurrency =
      checked_count(raw.start_concurrency, 2 * cores(), 256, "--start-concurrency");
  settings.lease = checked_lease(raw.lease_seconds);
  settings.log_format = one_of<LogFormat>(
      raw.log_format, "--log-format",
      {{"auto", LogFormat::automatic}, {"json", LogFormat::json}, {"text", LogFormat::text}});
  settings.log_level = one_of<LogLevel>(raw.log_level, "--log-level",
                                        {{"debug", LogLevel::debug},
                                         {"info", LogLevel::info},
                                         {"warning", LogLevel::warning},
                                         {"error", LogLevel::error}});
  return settings;
}

}  // namespace mosaic::cli
