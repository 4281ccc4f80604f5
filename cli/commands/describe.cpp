#include <ostream>

#include "cli/agent_lookup.hpp"
#include "cli/agent_views.hpp"
#include "cli/command_context.hpp"
#include "cli/fleet_access.hpp"
#include "cli/settings_options.hpp"

namespace mosaic::cli {
namespace {

constexpr int events_shown = 20;

struct Options {
  std::string kind;
  std::string name;
  OutputFormat format = OutputFormat::table;
};

ExitCode describe(CommandContext& context, const Options& options) {
  const ResourceKind kind = parse_agent_kind(options.kind);
  FleetAccess fleet(context.database_settings());
  const AgentRow row = find_agent_row(fleet.store(), kind, options.name);
  EventQuery query;
  query.key = row.key;
  query.limit = events_shown;
  const auto events = fleet.store().events(query);
  if (options.format == OutputFormat::table) {
    describe_agent(context.out, row, events, SystemClock().now());
    return ExitCode::success;
  }
  Json document = agent_document(row);
  document["events"] = Json::array();
  for (const auto& event : events) document["events"].push_back(event_document(event));
  print_document(context.out, document, options.format);
  return ExitCode::success;
}

}  // namespace

void add_describe_command(CLI::App& app, CommandContext& context) {
  auto& command =
      add_command(app, "describe", "Everything about one agent: spec, status, conditions, events",
                  "  mosaic describe user alice\n"
                  "  mosaic describe system research -o json");
  const auto options = std::make_shared<Options>();
  command.add_option("KIND", options->kind, "user or system")->required();
  command.add_option("NAME", options->name, "Owner or name, row id, or container name")->required();
  add_output_option(command, options->format);
  add_database_options(command, context.raw);
  command.callback([&context, options] {
    context.action = [&context, options] { return describe(context, *options); };
  });
}

}  // namespace mosaic::cli
