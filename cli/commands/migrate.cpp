#include "store/migrator.hpp"

#include <ostream>

#include "cli/command_context.hpp"
#include "cli/fleet_access.hpp"
#include "cli/settings_options.hpp"
#include "store/api_role.hpp"

namespace mosaic::cli {
namespace {

void report_role(std::ostream& out, const ApiRoleState& role) {
  if (role.in_force) {
    out << "the API acts in it as the role " << role.name << '\n';
  } else {
    out << "the API acts in it with all rights of its login: " << role.hindrance << "; to mend it, "
        << role.remedy << '\n';
  }
}

ExitCode migrate(CommandContext& context) {
  DatabaseOptions options;
  options.url = find_database_url(context.database_settings());
  options.application_name = "mosaic migrate";
  const MigrationReport report = Migrator(options).migrate();
  for (const auto& name : report.applied) context.out << "applied " << name << '\n';
  context.out << "the database is at schema version " << report.version
              << (report.applied.empty() ? ", as it was\n" : "\n");
  report_role(context.out, ApiRole(options).establish());
  return ExitCode::success;
}

}  // namespace

void add_migrate_command(CLI::App& app, CommandContext& context) {
  auto& command = add_command(
      app, "migrate", "Bring the database to this program's schema",
      "  DATABASE_URL=postgresql://mosaic:PASSWORD@db/mosaic mosaic migrate\n"
      "`mosaic up` does it by itself; with `mosaic api` and `mosaic controller` do it first.");
  add_database_options(command, context.raw);
  command.callback([&context] { context.action = [&context] { return migrate(context); }; });
}

}  // namespace mosaic::cli
