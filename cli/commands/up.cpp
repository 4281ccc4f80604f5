#include <chrono>
#include <ostream>
#include <thread>

#include "cli/agent_image_note.hpp"
#include "cli/command_context.hpp"
#include "cli/secret_key.hpp"
#include "cli/serve.hpp"
#include "cli/set_up_notice.hpp"
#include "cli/settings_options.hpp"

namespace mosaic::cli {
namespace {

using namespace std::chrono_literals;

void wait_for_leadership(const FleetProcess& process) {
  const auto deadline = std::chrono::steady_clock::now() + 2s;
  while (!process.leads() && std::chrono::steady_clock::now() < deadline)
    std::this_thread::sleep_for(10ms);
}

void announce(CommandContext& context, FleetProcess& process, const Settings& settings) {
  wait_for_leadership(process);
  const auto problem = process.engine_problem();
  auto& out = context.out;
  out << "\nMosaic Fleet is up.\n"
      << "  address    " << address_for_people(settings.listen, process.listen_port()) << "\n"
      << "  database   " << process.database_description() << "\n"
      << "  API        "
      << (process.api_role()->in_force
              ? "acts in the database as the role " + process.api_role()->name
              : "acts in the database with all rights of its login; see mosaic doctor")
      << "\n"
      << "  key        "
      << (settings.secret_key.empty()
              ? secret_key_file(settings.data_dir).string() + "; keep a copy where it is safe"
              : "MOSAIC_SECRET_KEY")
      << "\n"
      << "  engine     "
      << (problem ? printable(*problem, 600) + " (still trying; see mosaic doctor)"
                  : settings.engine.url)
      << "\n";
  if (!process.leads()) out << "  leader     another controller leads; this one stands by\n";
  announce_set_up(out, process, address_for_people(settings.listen, process.listen_port()));
  out << "Ctrl-C ends it; agents and data stay as they are.\n\n" << std::flush;
}

}  // namespace

void add_up_command(CLI::App& app, CommandContext& context) {
  auto& command = add_command(
      app, "up", "Run everything in one process",
      "  mosaic up                                  with a database of its own\n"
      "  mosaic up --engine tcp://10.0.0.5:2376 --engine-tls-dir /etc/mosaic/engine\n"
      "  mosaic up --agent-egress none --agent-egress-allow 192.168.1.5:11434\n"
      "  DATABASE_URL=postgresql://mosaic:PASSWORD@db/mosaic MOSAIC_SECRET_KEY=... mosaic up");
  add_all_options(command, context.raw);
  add_people_options(command, context.raw);
  serve_when_called(command, context,
                    FleetRoles{.controller = true,
                               .agents_api = true,
                               .people_api = true,
                               .own_database = true,
                               .migrates = true},
                    [&context](FleetProcess& process, const Settings& settings) {
                      write_agent_image_note(settings.data_dir, settings.agent_image);
                      announce(context, process, settings);
                    });
}

}  // namespace mosaic::cli
