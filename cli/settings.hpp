// Everything that can be set from outside, in one place: command-line flags before environment
// before defaults. settings_options.hpp declares the flags; validate() is the one gate behind which
// values can be trusted.
//
// A plain value. MOSAIC_SECRET_KEY and passwords have no flag: arguments are visible to every user
// of the machine.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "api/address_range.hpp"
#include "cli/addresses.hpp"
#include "runtime/docker/engine_endpoint.hpp"
#include "runtime/firewall/firewall_rules.hpp"
#include "telemetry/log.hpp"

namespace mosaic::cli {

// As given, each still a text; nothing is checked yet.
struct RawSettings {
  std::string database_url;
  std::string data_dir;
  std::string engine = "unix:///var/run/docker.sock";
  std::string engine_tls_dir;
  std::string engine_kind = "docker";
  std::string link_image = "mosaic/link:local";
  std::string fleet_network = "mosaic-fleet";
  std::string agents_api;  // empty: "api" with the port of agent_listen
  std::string listen = "127.0.0.1:8080";
  std::string agent_listen = "0.0.0.0:18080";
  std::string egress_listen = "0.0.0.0:18081";
  std::string public_url;
  std::string plain_http = "off";
  std::vector<std::string> trusted_proxies;
  std::string web;  // empty: looked for beside the program
  std::string agent_subnets = "10.213.0.0/16";
  std::string agent_egress = "internet";
  std::vector<std::string> agent_egress_allow;
  std::string firewall = "auto";
  std::string agent_image;
  int workers = 0;            // 0: by the number of cores
  int start_concurrency = 0;  // 0: by the number of cores
  int lease_seconds = 0;      // 0: 15
  std::string log_format = "auto";
  std::string log_level = "info";
  std::string previous_secret_key;  // MOSAIC_SECRET_KEY_PREVIOUS; no flag either
};

// What the engine is to be driven as. Never found out from the engine: a Docker host may be made a manager of a swarm for
// something else, and the agents of one kind are none of the other.
enum class EngineKind : std::uint8_t { docker, swarm };

enum class FirewallMode : std::uint8_t { automatic, required, off };

struct Settings {
  std::string database_url;         // empty: the embedded Postgres below data_dir
  std::string secret_key;           // empty: from the key file below data_dir
  std::string previous_secret_key;  // the other key of a rotation; empty: none
  std::filesystem::path data_dir;
  EngineEndpoint engine;
  EngineKind engine_kind = EngineKind::docker;
  // On a swarm only: see SwarmSettings.
  std::string link_image;
  std::string fleet_network;
  std::string agents_api;
  ListenAddress listen;         // people and metrics
  ListenAddress agent_listen;   // agents fetch their configuration here
  ListenAddress egress_listen;  // agents ask the egress proxy here, with EgressPolicy::proxy
  std::string public_url;       // "https://fleet.example.com"; empty: what each request's Host says
  bool plain_http = false;      // session cookies without TLS also beyond this machine
  std::vector<AddressRange> trusted_proxies;  // whose X-Forwarded-For and -Proto are believed
  std::optional<std::filesystem::path>
      web_folder;  // of the built web pages; nothing: none are served
  Subnet agent_subnets;
  EgressPolicy agent_egress = EgressPolicy::internet;
  std::vector<AllowedDestination> agent_egress_allow;
  FirewallMode firewall = FirewallMode::automatic;
  std::string agent_image;  // empty: what the database says
  int workers = 0;
  int start_concurrency = 0;
  std::chrono::seconds lease{0};
  LogFormat log_format = LogFormat::automatic;
  LogLevel log_level = LogLevel::info;

  bool embedded_database() const { return database_url.empty(); }
};

// /var/lib/mosaic as root, else ~/.local/share/mosaic-fleet.
std::string default_data_dir();

// Where an installation keeps the web pages: beside the program, in share/mosaic/web, or in a checkout's build/web.
std::optional<std::filesystem::path> find_web_folder(const std::filesystem::path& program);

// A variable that holds a secret; where `name`_FILE is set in its place, that file's content, as secrets of a swarm or a
// cluster are handed over. Empty when neither is set. Throws CommandError, UsageError when both are.
std::string secret_variable(const std::function<std::string(const char*)>& variable,
                            const std::string& name);

// The defaults, and over them what the environment says; flags then go over both. `variable` answers
// empty for what is not set. Throws UsageError for a number that is none, and as secret_variable does.
RawSettings settings_from_environment(const std::function<std::string(const char*)>& variable);

// Throws UsageError, one line, naming the flag and a right value.
Settings validate(const RawSettings& raw, const std::string& secret_key);
// Only what commands beside a running fleet heed: database, data folder, key.
Settings validate_database(const RawSettings& raw, const std::string& secret_key);

}  // namespace mosaic::cli
