#include "cli/commands/agent_token.hpp"

#include <ostream>

#include "cli/agent_lookup.hpp"
#include "cli/fleet_access.hpp"
#include "cli/settings_options.hpp"

namespace mosaic::cli {
namespace {

struct Options {
  std::string kind;
  std::string name;
};

ExitCode show_agent_token(CommandContext& context, const Options& options) {
  const ResourceKind kind = parse_agent_kind(options.kind);
  FleetAccess fleet(context.database_settings());
  const AgentRow row = find_agent_row(fleet.store(), kind, options.name);
  const std::string token = fleet.secrets().decrypt(row.gateway_token);
  // Whoever holds it can speak as the agent's owner: that it was shown is on record before it is.
  Event event;
  event.at = SystemClock().now();
  event.key = row.key;
  event.severity = EventSeverity::warning;
  event.reason = "GatewayTokenShown";
  event.message = "its gateway token was printed on request of an operator";
  fleet.store().append_event(event);
  context.out << token << '\n';
  return ExitCode::success;
}

}  // namespace

void add_agent_token_command(CLI::App& admin, CommandContext& context) {
  auto& command = add_command(
      admin, "agent-token",
      "Print the token that opens an agent's gateway, for diagnosis; the agent's events say so",
      "  mosaic admin agent-token user alice");
  const auto options = std::make_shared<Options>();
  command.add_option("KIND", options->kind, "user or system")->required();
  command.add_option("NAME", options->name, "Owner or name, row id, or container name")->required();
  add_database_options(command, context.raw);
  command.callback([&context, options] {
    context.action = [&context, options] { return show_agent_token(context, *options); };
  });
}

}  // namespace mosaic::cli
