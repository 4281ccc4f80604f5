#include <ostream>

#include "cli/agent_lookup.hpp"
#include "cli/agent_views.hpp"
#include "cli/command_context.hpp"
#include "cli/fleet_access.hpp"
#include "cli/settings_options.hpp"

namespace mosaic::cli {
namespace {

struct Options {
  std::string name;
  OutputFormat format = OutputFormat::table;
  int limit = 50;
};

ExitCode get_agents(CommandContext& context, const Options& options, ResourceKind kind) {
  FleetAccess fleet(context.database_settings());
  std::vector<AgentRow> rows;
  if (options.name.empty()) {
    rows = list_agent_rows(fleet.store(), kind);
  } else {
    rows.push_back(find_agent_row(fleet.store(), kind, options.name));
  }
  if (options.format != OutputFormat::table) {
    Json document = Json::array();
    for (const auto& row : rows) document.push_back(agent_document(row));
    print_document(context.out, options.name.empty() ? document : document[0], options.format);
    return ExitCode::success;
  }
  const bool users = kind == ResourceKind::user_container;
  if (rows.empty()) {
    context.err << (users ? "no user agents yet; make one with: mosaic create user OWNER\n"
                          : "no system agents yet; make one with: mosaic create system NAME --role "
                            "ROLE --model MODEL\n");
    return ExitCode::success;
  }
  const TimePoint now = SystemClock().now();
  print_table(context.out, users ? users_table(rows, now) : systems_table(rows, now));
  return ExitCode::success;
}

// "user/c123", or an owner, container name or id of either kind.
ResourceKey find_key(Store& store, const std::string& name) {
  if (const auto key = parse_resource_key(name)) return *key;
  try {
    return find_agent_row(store, ResourceKind::user_container, name).key;
  } catch (const NotFoundError&) {
    return find_agent_row(store, ResourceKind::system_container, name).key;
  }
}

ExitCode get_events(CommandContext& context, const Options& options) {
  if (options.limit < 1 || options.limit > 1000) throw UsageError("--limit: give 1 to 1000");
  FleetAccess fleet(context.database_settings());
  EventQuery query;
  query.limit = options.limit;
  if (!options.name.empty()) query.key = find_key(fleet.store(), options.name);
  const auto events = fleet.store().events(query);
  if (options.format != OutputFormat::table) {
    Json document = Json::array();
    for (const auto& event : events) document.push_back(event_document(event));
    print_document(context.out, document, options.format);
  } else if (events.empty()) {
    context.err << "no events\n";
  } else {
    print_table(context.out, events_table(events, SystemClock().now()));
  }
  return ExitCode::success;
}

ExitCode get_leader(CommandContext& context, const Options& options) {
  FleetAccess fleet(context.database_settings());
  const LeaseView lease = fleet.store().lease();
  if (options.format != OutputFormat::table) {
    print_document(
        context.out,
        {{"term", lease.term},
         {"holder", lease.holder.empty() ? Json(nullptr) : Json(lease.holder)},
         {"expiresAt", lease.expires_at ? Json(to_iso8601(*lease.expires_at)) : Json(nullptr)}},
        options.format);
    return ExitCode::success;
  }
  const std::string expires = age(lease.expires_at, SystemClock().now());
  print_table(
      context.out,
      {{"HOLDER", "TERM", "LEASE EXPIRES"},
       {{lease.holder.empty() ? "nobody" : lease.holder, std::to_string(lease.term), expires}}});
  return ExitCode::success;
}

CLI::App& add_kind(CLI::App& get, CommandContext& context, const std::shared_ptr<Options>& options,
                   const std::string& name, const std::string& what) {
  auto& command = *get.add_subcommand(name, what);
  add_output_option(command, options->format);
  add_database_options(command, context.raw);
  return command;
}

}  // namespace

void add_get_command(CLI::App& app, CommandContext& context) {
  auto& get = add_command(app, "get", "List agents, events, or who leads",
                          "  mosaic get users\n"
                          "  mosaic get users alice -o yaml\n"
                          "  mosaic get systems -o json | jq '.[].status.phase'\n"
                          "  mosaic get events alice --limit 20\n"
                          "  mosaic get leader");
  get.require_subcommand(1);
  const auto options = std::make_shared<Options>();
  const auto agents = [&](const std::string& name, const std::string& what, ResourceKind kind) {
    auto& command = add_kind(get, context, options, name, what);
    command.alias(std::string(short_name(kind)));
    command.add_option("NAME", options->name,
                       "Owner or name, row id, or container name; without it: all");
    command.callback([&context, options, kind] {
      context.action = [&context, options, kind] { return get_agents(context, *options, kind); };
    });
  };
  agents("users", "User agents", ResourceKind::user_container);
  agents("systems", "System agents", ResourceKind::system_container);

  auto& events = add_kind(get, context, options, "events", "What happened, newest first");
  events.add_option("NAME", options->name, "Only of this agent: a name, an id, or user/ID");
  events.add_option("--limit", options->limit, "At most so many, 1 to 1000")->capture_default_str();
  events.callback([&context, options] {
    context.action = [&context, options] { return get_events(context, *options); };
  });

  auto& leader = add_kind(get, context, options, "leader", "The controller that holds the lease");
  leader.callback([&context, options] {
    context.action = [&context, options] { return get_leader(context, *options); };
  });
}

}  // namespace mosaic::cli
