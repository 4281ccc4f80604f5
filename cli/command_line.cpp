#include "cli/command_line.hpp"

#include <cstdlib>
#include <iostream>
#include <map>

#include "backup/backup_manifest.hpp"
#include "cli/command_context.hpp"
#include "cli/completion/command_tree.hpp"
#include "manifest/manifest.hpp"
#include "runtime/runtime_driver.hpp"
#include "secrets/password.hpp"
#include "secrets/secret_box.hpp"
#include "store/store.hpp"
#include "telemetry/redactor.hpp"

namespace mosaic::cli {
namespace {

constexpr const char* description =
    "Mosaic Fleet: one isolated OpenClaw agent per user, kept as the rows in Postgres say.";

constexpr const char* footer =
    "Begin with:\n"
    "  mosaic doctor                         what this machine still lacks\n"
    "  mosaic up                             everything in one process\n"
    "  mosaic create provider --owner alice --name openai --type openai --api-key-file key.txt "
    "--models gpt-5\n"
    "  mosaic create user alice              an agent for alice\n"
    "  mosaic wake user alice --wait         start it now\n"
    "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not found, 4 --wait gave up.\n"
    "Each command explains itself: mosaic COMMAND --help";

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

void add_all_commands(CLI::App& app, CommandContext& context) {
  add_up_command(app, context);
  add_controller_command(app, context);
  add_api_command(app, context);
  add_migrate_command(app, context);
  add_get_command(app, context);
  add_describe_command(app, context);
  add_top_command(app, context);
  add_logs_command(app, context);
  add_lifecycle_commands(app, context);
  add_create_command(app, context);
  add_set_command(app, context);
  add_delete_command(app, context);
  add_admin_command(app, context);
  add_backup_command(app, context);
  add_restore_command(app, context);
  add_declarative_commands(app, context);
  add_doctor_command(app, context);
  add_health_command(app, context);
  add_completion_command(app, context);
  add_version_command(app, context);
}

void build(CLI::App& app, CommandContext& context) {
  app.footer(footer);
  app.require_subcommand(1);
  add_all_commands(app, context);
}

// One line, whatever the text had in it, without anything that looks like a secret.
int report(std::ostream& err, const std::string& message, ExitCode code) {
  err << "mosaic: " << printable(Redactor().redact(message), 600) << '\n';
  return static_cast<int>(code);
}

int report_usage(const CLI::App& app, const CLI::ParseError& error, std::ostream& out,
                 std::ostream& err) {
  if (error.get_exit_code() == 0) return app.exit(error, out, err);  // --help
  const CLI::App* command = &app;
  std::string words = "mosaic";
  while (!command->get_subcommands().empty()) {
    command = command->get_subcommands().front();
    words += " " + command->get_name();
  }
  return report(err, std::string(error.what()) + "; see " + words + " --help", ExitCode::usage);
}

int run_action(CommandContext& context) {
  try {
    return static_cast<int>(context.action());
  } catch (const CommandError& error) {
    return report(context.err, error.what(), error.code());
  } catch (const SecretKeyError& error) {
    return report(context.err, error.what(), ExitCode::failure);
  } catch (const StoreError& error) {
    return report(context.err, error.what(), ExitCode::failure);
  } catch (const EngineError& error) {
    return report(context.err, error.what(), ExitCode::failure);
  } catch (const manifest::ManifestError& error) {
    return report(context.err, error.what(), ExitCode::usage);
  } catch (const BackupError& error) {
    return report(context.err, error.what(), ExitCode::failure);
  } catch (const PasswordError& error) {
    return report(context.err, error.what(), ExitCode::usage);
  } catch (const std::exception& error) {
    return report(context.err, std::string("this should not have happened: ") + error.what(),
                  ExitCode::failure);
  }
}

}  // namespace

CLI::App& add_command(CLI::App& parent, const std::string& name, const std::string& what,
                      const std::string& examples) {
  CLI::App& command = *parent.add_subcommand(name, what);
  if (!examples.empty()) command.footer("Examples:\n" + examples);
  return command;
}

void add_output_option(CLI::App& command, OutputFormat& format) {
  static const std::map<std::string, OutputFormat> words{
      {"table", OutputFormat::table}, {"json", OutputFormat::json}, {"yaml", OutputFormat::yaml}};
  command
      .add_option_function<std::string>(
          "-o,--output",
          [&format](const std::string& word) {
            const auto found = words.find(word);
            if (found == words.end())
              throw CLI::ValidationError("--output", "give table, json or yaml");
            format = found->second;
          },
          "table for people, json or yaml for programs")
      ->type_name("table|json|yaml")
      ->default_str("table");
}

int run_command_line(int argc, const char* const* argv, std::istream& in, std::ostream& out,
                     std::ostream& err) {
  CommandContext context{{}, {}, in, out, err, {}};
  try {
    context.raw = settings_from_environment(environment);
    context.secret_key = secret_variable(environment, "MOSAIC_SECRET_KEY");
  } catch (const CommandError& error) {
    return report(err, error.what(), error.code());
  }
  CLI::App app(description, "mosaic");
  try {
    build(app, context);
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return report_usage(app, error, out, err);
  }
  return run_action(context);
}

std::string check_command_line(int argc, const char* const* argv) {
  CommandContext context{{}, {}, std::cin, std::cout, std::cerr, {}};
  CLI::App app(description, "mosaic");
  try {
    build(app, context);
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return error.get_exit_code() == 0 ? "" : error.what();  // --help is no error
  }
  return {};
}

std::vector<CommandWords> all_commands() {
  CommandContext context{{}, {}, std::cin, std::cout, std::cerr, {}};
  CLI::App app(description, "mosaic");
  build(app, context);
  return command_tree(app);
}

}  // namespace mosaic::cli
