#include <ostream>

#include "cli/command_context.hpp"
#include "cli/commands/agent_token.hpp"
#include "cli/commands/rotate_key.hpp"
#include "cli/commands/set_up_token.hpp"
#include "cli/fleet_access.hpp"
#include "cli/settings_options.hpp"
#include "cli/text_source.hpp"
#include "secrets/password.hpp"
#include "secrets/token.hpp"
#include "store/settings_store.hpp"

namespace mosaic::cli {
namespace {

constexpr std::size_t min_password_bytes = 12;
constexpr std::size_t max_username_bytes = 128;

struct Options {
  std::string username;
  std::string password_file;
};

bool printable_name(const std::string& name) {
  if (name.empty() || name.size() > max_username_bytes) return false;
  for (const char c : name) {
    if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7f) return false;
  }
  return true;
}

ExitCode create_breakglass(CommandContext& context, const Options& options) {
  if (!printable_name(options.username)) {
    throw UsageError("a user name is 1 to 128 bytes without blanks or control characters");
  }
  FleetAccess fleet(context.database_settings());
  const std::string password = options.password_file.empty()
                                   ? ask_new_password(options.username)
                                   : read_secret(options.password_file, context.in);
  if (password.size() < min_password_bytes) {
    throw CommandError("the password is too short: at least 12 bytes; nothing was changed");
  }
  const std::string hash = PasswordHasher().hash_password(password);
  const auto result = fleet.settings().upsert_breakglass(random_id(), options.username, hash);
  context.out << (result.created ? "created administrator "
                                 : "set a new password for administrator ")
              << printable(options.username) << '\n';
  return ExitCode::success;
}

}  // namespace

void add_admin_command(CLI::App& app, CommandContext& context) {
  auto& admin = add_command(app, "admin",
                            "Accounts that always work, an agent's token, and the secret key", "");
  admin.require_subcommand(1);
  add_agent_token_command(admin, context);
  add_set_up_token_command(admin, context);
  add_rotate_key_command(admin, context);
  auto& command = add_command(
      admin, "create-breakglass",
      "Make an administrator who can sign in even when everything else is broken, or set a new "
      "password for one",
      "  mosaic admin create-breakglass root            asks for the password\n"
      "  pass show mosaic | mosaic admin create-breakglass root --password-file -");
  const auto options = std::make_shared<Options>();
  command.add_option("USERNAME", options->username, "Name to sign in with")->required();
  command
      .add_option("--password-file", options->password_file,
                  "File with the password, or - for standard input")
      ->type_name("FILE");
  add_database_options(command, context.raw);
  command.callback([&context, options] {
    context.action = [&context, options] { return create_breakglass(context, *options); };
  });
}

}  // namespace mosaic::cli
