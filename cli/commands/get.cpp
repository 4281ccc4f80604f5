#include <ostream>

#include "cli/agent_lookup.hpp"
#include "cli/agent_views.hpp"
#include "cli/agent_watch.hpp"
#include "cli/command_context.hpp"
#include "cli/fleet_access.hpp"
#include "cli/settings_options.hpp"
#include "cli/signal_watch.hpp"

namespace mosaic::cli {
namespace {

struct Options {
  std::string name;
  OutputFormat format = OutputFormat::table;
  int limit = 50;
  bool watch = false;
};

std::vector<AgentRow> find_agents(FleetAccess& fleet, const Options& options, ResourceKind kind) {
  if (options.name.empty()) return list_agent_rows(fleet.store(), kind);
  return {find_agent_row(fleet.store(), kind, options.name)};
}

Table table_of(const std::vector<AgentRow>& rows, ResourceKind kind) {
  const TimePoint now = SystemClock().now();
  return kind == ResourceKind::user_container ? users_table(rows, now) : systems_table(rows, now);
}

// One line of JSON, or one YAML document, for each.
void print_stream(std::ostream& out, const std::vector<AgentRow>& rows, OutputFormat format) {
  for (const auto& row : rows) {
    const Json document = agent_document(row);
    if (format == OutputFormat::yaml) {
      out << "---\n" << to_yaml(document) << '\n';
    } else {
      out << document.dump(-1, ' ', false, Json::error_handler_t::replace) << '\n';
    }
  }
}

// Until a signal ends it. The rows are read every second, as --wait does: what a controller says in them is the truth.
ExitCode watch_agents(CommandContext& context, const Options& options, ResourceKind kind) {
  SignalWatch signals;
  FleetAccess fleet(context.database_settings());
  AgentWatch watch;
  std::vector<std::size_t> widths;
  do {
    std::vector<AgentRow> rows;
    try {
      rows = find_agents(fleet, options, kind);
    } catch (const NotFoundError&) {
      if (widths.empty()) throw;
    }
    const auto news = watch.look(rows);
    if (options.format != OutputFormat::table) {
      print_stream(context.out, news.changed, options.format);
    } else if (!news.changed.empty() || widths.empty()) {
      print_more(context.out, table_of(news.changed, kind), widths);
    }
    for (const auto& owner : news.gone) context.err << printable(owner) << " is gone\n";
    context.out << std::flush;
  } while (!signals.wait(std::chrono::seconds(1)));
  return ExitCode::success;
}

ExitCode get_agents(CommandContext& context, const Options& options, ResourceKind kind) {
  if (options.watch) return watch_agents(context, options, kind);
  FleetAccess fleet(context.database_settings());
  const std::vector<AgentRow> rows = find_agents(fleet, options, kind);
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
  print_table(context.out, table_of(rows, kind));
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
    print_document(context.out, leader_document(lease), options.format);
  } else {
    print_table(context.out, leader_table(lease, SystemClock().now()));
  }
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
                          "  mosaic get users --watch\n"
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
    command.add_flag("-w,--watch", options->watch,
                     "Go on, and print each agent again whenever it is another");
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

  auto& leader = add_kind(get, context, options, "leader",
                          "The controller that holds the lease, and those that stand by");
  leader.callback([&context, options] {
    context.action = [&context, options] { return get_leader(context, *options); };
  });
}

}  // namespace mosaic::cli
