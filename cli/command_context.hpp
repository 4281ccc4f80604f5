// What a command gets to work with, and how it is chosen: parsing the command line runs nothing, it
// only sets `action`, so that every failure of every command is caught and printed in one place
// (command_line.cpp).
//
// Used from the main thread only.
#pragma once

#include <functional>
#include <iosfwd>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "cli/failure.hpp"
#include "cli/output.hpp"
#include "cli/settings.hpp"

namespace mosaic::cli {

struct CommandContext {
  RawSettings raw;
  std::string secret_key;  // MOSAIC_SECRET_KEY
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  std::function<ExitCode()> action;

  Settings settings() const { return validate(raw, secret_key); }
  Settings database_settings() const { return validate_database(raw, secret_key); }
};

// One per file of commands/. Each adds its command with options, examples and an action.
void add_up_command(CLI::App& app, CommandContext& context);
void add_controller_command(CLI::App& app, CommandContext& context);
void add_api_command(CLI::App& app, CommandContext& context);
void add_migrate_command(CLI::App& app, CommandContext& context);
void add_get_command(CLI::App& app, CommandContext& context);
void add_top_command(CLI::App& app, CommandContext& context);
void add_logs_command(CLI::App& app, CommandContext& context);
void add_describe_command(CLI::App& app, CommandContext& context);
void add_lifecycle_commands(CLI::App& app, CommandContext& context);  // wake, start, stop, restart
void add_create_command(CLI::App& app, CommandContext& context);
void add_set_command(CLI::App& app, CommandContext& context);
void add_delete_command(CLI::App& app, CommandContext& context);
void add_admin_command(CLI::App& app, CommandContext& context);
void add_backup_command(CLI::App& app, CommandContext& context);
void add_restore_command(CLI::App& app, CommandContext& context);
// apply, diff, export, manifest
void add_declarative_commands(CLI::App& app, CommandContext& context);
void add_doctor_command(CLI::App& app, CommandContext& context);
void add_health_command(CLI::App& app, CommandContext& context);
void add_completion_command(CLI::App& app, CommandContext& context);
void add_version_command(CLI::App& app, CommandContext& context);

// "-o table|json|yaml".
void add_output_option(CLI::App& command, OutputFormat& format);

// A subcommand `name` with `what` as its description and `examples` (one per line) below its help.
CLI::App& add_command(CLI::App& parent, const std::string& name, const std::string& what,
                      const std::string& examples);

}  // namespace mosaic::cli
