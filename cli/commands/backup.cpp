#include "cli/backup/backup_run.hpp"
#include "cli/command_context.hpp"
#include "cli/settings_options.hpp"

namespace mosaic::cli {
namespace {

// "--volumes" alone means all agents.
void add_volumes_option(CLI::App& command, VolumeSelection& selection, const std::string& what) {
  command
      .add_option_function<std::vector<std::string>>(
          "--volumes",
          [&selection](const std::vector<std::string>& agents) {
            selection.wanted = true;
            for (const auto& agent : agents) {
              if (!agent.empty() && agent != "{}") selection.agents.push_back(agent);
            }
          },
          what)
      ->type_name("[AGENT...]")
      ->expected(0, CLI::detail::expected_max_vector_size);
}

}  // namespace

void add_backup_command(CLI::App& app, CommandContext& context) {
  auto& command = add_command(
      app, "backup", "Write the database, and volumes if asked, into one file",
      "  mosaic backup fleet.tar                          the database, beside a running fleet\n"
      "  mosaic backup fleet.tar --volumes                and the state and workspace of all "
      "agents\n"
      "  mosaic backup fleet.tar --volumes alice bob      of these agents\n"
      "  mosaic backup - | age -r KEY > fleet.tar.age     to standard output\n"
      "Secrets stand in it encrypted, as in the database: keep MOSAIC_SECRET_KEY apart from it, "
      "and "
      "keep it; nothing\nopens a backup without. An agent whose volumes are copied is stopped for "
      "that "
      "time, after its running turns.");
  const auto request = std::make_shared<BackupRequest>();
  command.add_option("FILE", request->file, "Where to; - is standard output")->required();
  add_volumes_option(command, request->volumes,
                     "Also the volumes of all agents, or of those named (owner, name or row id)");
  add_database_options(command, context.raw);
  add_engine_options(command, context.raw);
  command.callback([&context, request] {
    context.action = [&context, request] {
      run_backup(context.settings(), *request, context.err);
      return ExitCode::success;
    };
  });
}

void add_restore_command(CLI::App& app, CommandContext& context) {
  auto& command = add_command(
      app, "restore", "Put a backup back: into an empty database, all of it or nothing",
      "  MOSAIC_SECRET_KEY=... mosaic restore fleet.tar --volumes   on an empty machine\n"
      "  mosaic restore - --data-dir /var/lib/mosaic < fleet.tar\n"
      "End every mosaic up, controller and api of that database first. The key must be the "
      "backup's; "
      "everything is\nchecked before anything is written. An older backup is brought to this "
      "program's "
      "schema.");
  const auto request = std::make_shared<RestoreRequest>();
  command.add_option("FILE", request->file, "The backup; - is standard input")->required();
  command
      .add_option("--replace", request->replaces,
                  "Throw away the fleet with this id, which the database holds now")
      ->type_name("INSTANCE");
  add_volumes_option(command, request->volumes,
                     "Also the volumes in it, of all agents or of those named");
  command.add_flag("--replace-volumes", request->replace_volumes,
                   "Throw away volumes of the same agents that the engine has now");
  add_database_options(command, context.raw);
  add_engine_options(command, context.raw);
  command.callback([&context, request] {
    context.action = [&context, request] {
      run_restore(context.settings(), *request, context.err);
      return ExitCode::success;
    };
  });
}

}  // namespace mosaic::cli
