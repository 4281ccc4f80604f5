#include "cli/settings_options.hpp"

namespace mosaic::cli {

void add_database_options(CLI::App& command, RawSettings& raw) {
  command
      .add_option("--data-dir", raw.data_dir,
                  "Folder of the embedded Postgres and of the generated key [MOSAIC_DATA_DIR]")
      ->type_name("DIR")
      ->capture_default_str()
      ->group("Database");
}

void add_engine_options(CLI::App& command, RawSettings& raw) {
  command
      .add_option("--engine", raw.engine,
                  "Docker engine: unix:///PATH or tcp://HOST:PORT [DOCKER_HOST]")
      ->type_name("ADDRESS")
      ->capture_default_str()
      ->group("Engine");
  command
      .add_option("--engine-tls-dir", raw.engine_tls_dir,
                  "Folder with ca.pem, cert.pem and key.pem, for tcp:// [MOSAIC_ENGINE_TLS_DIR]")
      ->type_name("DIR")
      ->group("Engine");
  command
      .add_option("--engine-kind", raw.engine_kind,
                  "docker: agents run on that engine; swarm: on all nodes of the swarm that it "
                  "manages. Agents of one kind are not seen by the other [MOSAIC_ENGINE_KIND]")
      ->type_name("docker|swarm")
      ->capture_default_str()
      ->group("Engine");
  command
      .add_option("--agent-image", raw.agent_image,
                  "Image of all agents, over what the database says [MOSAIC_AGENT_IMAGE]")
      ->type_name("IMAGE")
      ->group("Engine");
}

void add_swarm_options(CLI::App& command, RawSettings& raw) {
  command
      .add_option("--link-image", raw.link_image,
                  "Image of the forwarder before each agent [MOSAIC_LINK_IMAGE]")
      ->type_name("IMAGE")
      ->capture_default_str()
      ->group("Swarm");
  command
      .add_option("--fleet-network", raw.fleet_network,
                  "Overlay network where API and controller are; --agent-subnets is its range "
                  "[MOSAIC_FLEET_NETWORK]")
      ->type_name("NAME")
      ->capture_default_str()
      ->group("Swarm");
  command
      .add_option("--agents-api", raw.agents_api,
                  "Where agents fetch their configuration, as that network knows it; default: api, "
                  "with the port of --agent-listen [MOSAIC_AGENTS_API]")
      ->type_name("HOST:PORT")
      ->group("Swarm");
}

void add_agent_egress_options(CLI::App& command, RawSettings& raw) {
  command
      .add_option(
          "--agent-egress", raw.agent_egress,
          "internet: agents reach public addresses; proxy: what the egress proxy lets them, "
          "by the fleet's settings; none: only what --agent-egress-allow names; the same "
          "for controller and API [MOSAIC_AGENT_EGRESS]")
      ->type_name("internet|proxy|none")
      ->capture_default_str()
      ->group("Agents' network");
  command
      .add_option("--agent-egress-allow", raw.agent_egress_allow,
                  "IPv4 ADDRESS or NETWORK[:PORT] that agents may reach all the same, such as a "
                  "local Ollama; "
                  "repeatable [MOSAIC_AGENT_EGRESS_ALLOW]")
      ->type_name("TARGET")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->group("Agents' network");
}

void add_agent_network_options(CLI::App& command, RawSettings& raw) {
  command
      .add_option("--agent-subnets", raw.agent_subnets,
                  "Range from which each agent gets a network of its own [MOSAIC_AGENT_SUBNETS]")
      ->type_name("NETWORK")
      ->capture_default_str()
      ->group("Agents' network");
  add_agent_egress_options(command, raw);
  command
      .add_option("--firewall", raw.firewall,
                  "auto: wall agents off where possible; required: start none without; off "
                  "[MOSAIC_FIREWALL]")
      ->type_name("auto|required|off")
      ->capture_default_str()
      ->group("Agents' network");
}

void add_people_listen_option(CLI::App& command, RawSettings& raw) {
  command
      .add_option("--listen", raw.listen,
                  "Where people, /livez, /readyz and /metrics are served [MOSAIC_LISTEN]")
      ->type_name("ADDRESS:PORT")
      ->capture_default_str()
      ->group("Addresses");
}

void add_listen_options(CLI::App& command, RawSettings& raw) {
  add_people_listen_option(command, raw);
  command
      .add_option("--agent-listen", raw.agent_listen,
                  "Where agents fetch their configuration; serves peers within --agent-subnets "
                  "only [MOSAIC_AGENT_LISTEN]")
      ->type_name("ADDRESS:PORT")
      ->capture_default_str()
      ->group("Addresses");
  command
      .add_option(
          "--egress-listen", raw.egress_listen,
          "Where agents ask the egress proxy, with --agent-egress proxy; serves peers within "
          "--agent-subnets only [MOSAIC_EGRESS_LISTEN]")
      ->type_name("ADDRESS:PORT")
      ->capture_default_str()
      ->group("Addresses");
}

void add_people_options(CLI::App& command, RawSettings& raw) {
  command
      .add_option("--public-url", raw.public_url,
                  "How people reach Mosaic through their proxy, such as https://fleet.example.com: "
                  "fixes the origin that forms and sign-ins may come from [MOSAIC_PUBLIC_URL]")
      ->type_name("URL")
      ->group("People");
  command
      .add_option("--plain-http", raw.plain_http,
                  "on: let people sign in without TLS from other machines too; only on a network "
                  "that you trust [MOSAIC_PLAIN_HTTP]")
      ->type_name("on|off")
      ->capture_default_str()
      ->group("People");
  command
      .add_option("--trusted-proxies", raw.trusted_proxies,
                  "ADDRESS or NETWORK of reverse proxies in front of Mosaic, whose X-Forwarded-For "
                  "and X-Forwarded-Proto are believed; repeatable [MOSAIC_TRUSTED_PROXIES]")
      ->type_name("ADDRESSES")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->group("People");
  command
      .add_option("--web", raw.web,
                  "Folder of the built web pages; off: serve none; default: beside the program "
                  "[MOSAIC_WEB]")
      ->type_name("DIR|off")
      ->group("People");
}

void add_controller_options(CLI::App& command, RawSettings& raw) {
  command
      .add_option(
          "--workers", raw.workers,
          "Agents worked on at the same time; 0: twice the cores, at least 4 [MOSAIC_WORKERS]")
      ->type_name("N")
      ->capture_default_str()
      ->group("Controller");
  command
      .add_option(
          "--start-concurrency", raw.start_concurrency,
          "Agents that start at the same time; 0: twice the cores [MOSAIC_START_CONCURRENCY]")
      ->type_name("N")
      ->capture_default_str()
      ->group("Controller");
  command
      .add_option("--lease-seconds", raw.lease_seconds,
                  "After how long without a sign of life of the leading controller another one "
                  "takes over; the same for "
                  "all controllers; 0: 15 [MOSAIC_LEASE_SECONDS]")
      ->type_name("N")
      ->capture_default_str()
      ->group("Controller");
}

void add_log_options(CLI::App& command, RawSettings& raw) {
  command
      .add_option("--log-format", raw.log_format,
                  "auto: text on a terminal, else JSON [MOSAIC_LOG_FORMAT]")
      ->type_name("auto|json|text")
      ->capture_default_str()
      ->group("Log");
  command
      .add_option("--log-level", raw.log_level, "debug, info, warning or error [MOSAIC_LOG_LEVEL]")
      ->type_name("LEVEL")
      ->capture_default_str()
      ->group("Log");
}

void add_all_options(CLI::App& command, RawSettings& raw) {
  add_database_options(command, raw);
  add_engine_options(command, raw);
  add_agent_network_options(command, raw);
  add_swarm_options(command, raw);
  add_listen_options(command, raw);
  add_controller_options(command, raw);
  add_log_options(command, raw);
}

}  // namespace mosaic::cli
