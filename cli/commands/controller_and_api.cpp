#include "cli/command_context.hpp"
#include "cli/serve.hpp"
#include "cli/set_up_notice.hpp"
#include "cli/settings_options.hpp"

namespace mosaic::cli {

void add_controller_command(CLI::App& app, CommandContext& context) {
  auto& command = add_command(
      app, "controller", "Run a controller alone: the only process that holds the engine's socket",
      "  DATABASE_URL=... MOSAIC_SECRET_KEY=... mosaic controller\n"
      "  MOSAIC_SECRET_KEY=NEW MOSAIC_SECRET_KEY_PREVIOUS=OLD mosaic controller    while the key "
      "is rotated\n"
      "Several may run: one leads, the others stand by. Bring the schema up to date first: "
      "mosaic migrate");
  add_all_options(command, context.raw);
  serve_when_called(command, context,
                    FleetRoles{.controller = true,
                               .agents_api = false,
                               .people_api = false,
                               .own_database = false,
                               .migrates = false});
}

void add_api_command(CLI::App& app, CommandContext& context) {
  auto& command = add_command(app, "api", "Run the API alone: it never touches the engine",
                              "  DATABASE_URL=... MOSAIC_SECRET_KEY=... mosaic api\n"
                              "  MOSAIC_SECRET_KEY=NEW MOSAIC_SECRET_KEY_PREVIOUS=OLD mosaic api   "
                              " while the key is rotated\n"
                              "Several may run. Bring the schema up to date first: mosaic migrate");
  add_database_options(command, context.raw);
  add_listen_options(command, context.raw);
  add_people_options(command, context.raw);
  command
      .add_option("--agent-subnets", context.raw.agent_subnets,
                  "Peers that may fetch configurations [MOSAIC_AGENT_SUBNETS]")
      ->type_name("NETWORK")
      ->capture_default_str()
      ->group("Addresses");
  add_agent_egress_options(command, context.raw);
  add_log_options(command, context.raw);
  serve_when_called(command, context,
                    FleetRoles{.controller = false,
                               .agents_api = true,
                               .people_api = true,
                               .own_database = false,
                               .migrates = false},
                    [&context](FleetProcess& process, const Settings& settings) {
                      announce_set_up(context.out, process,
                                      address_for_people(settings.listen, process.listen_port()));
                      context.out << std::flush;
                    });
}

}  // namespace mosaic::cli
