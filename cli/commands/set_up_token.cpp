#include "cli/commands/set_up_token.hpp"

#include <ostream>

#include "api/auth/set_up_token.hpp"
#include "cli/failure.hpp"
#include "cli/fleet_access.hpp"
#include "cli/settings_options.hpp"
#include "store/settings_store.hpp"

namespace mosaic::cli {
namespace {

ExitCode print_set_up_token(CommandContext& context) {
  FleetAccess fleet(context.database_settings());
  const auto token = renew_set_up_token(fleet.settings());
  if (!token) {
    throw CommandError(
        "set-up is completed, so that no token opens it any more; sign in as an administrator "
        "(mosaic admin create-breakglass NAME makes one)");
  }
  context.out << *token << '\n';
  return ExitCode::success;
}

}  // namespace

void add_set_up_token_command(CLI::App& admin, CommandContext& context) {
  auto& command = add_command(
      admin, "set-up-token",
      "Print a new one-time token for setting Mosaic up, until set-up is completed; the one before "
      "is void",
      "  mosaic admin set-up-token\n"
      "  MOSAIC_SETUP_TOKEN=$(mosaic admin set-up-token) demo/onboarding.sh");
  add_database_options(command, context.raw);
  command.callback(
      [&context] { context.action = [&context] { return print_set_up_token(context); }; });
}

}  // namespace mosaic::cli
