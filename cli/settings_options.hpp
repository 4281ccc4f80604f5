// The flags behind RawSettings, in groups, so that each command shows only what it heeds.
//
// The RawSettings must outlive the App, and hold what the environment says already: commands share
// them, and CLI11 would read variables for options of commands that were not even given.
// envname).
#pragma once

#include <CLI/CLI.hpp>

#include "cli/settings.hpp"

namespace mosaic::cli {

void add_database_options(CLI::App& command, RawSettings& raw);
void add_engine_options(CLI::App& command, RawSettings& raw);
void add_swarm_options(CLI::App& command, RawSettings& raw);
void add_agent_network_options(CLI::App& command, RawSettings& raw);
// The part of it that the API heeds as well.
void add_agent_egress_options(CLI::App& command, RawSettings& raw);
void add_people_listen_option(CLI::App& command, RawSettings& raw);
void add_listen_options(CLI::App& command, RawSettings& raw);
void add_people_options(CLI::App& command, RawSettings& raw);
void add_controller_options(CLI::App& command, RawSettings& raw);
void add_log_options(CLI::App& command, RawSettings& raw);
// Database, engine, network, addresses, controller and log: what a process with a controller heeds.
void add_all_options(CLI::App& command, RawSettings& raw);

}  // namespace mosaic::cli
