#include <algorithm>
#include <map>
#include <ostream>

#include "cli/command_context.hpp"
#include "cli/fleet_access.hpp"
#include "cli/settings_options.hpp"
#include "cli/signal_watch.hpp"
#include "cli/usage_views.hpp"
#include "model/agent.hpp"
#include "store/question_store.hpp"

namespace mosaic::cli {
namespace {

struct Options {
  std::string name;
  UsageOrder order = UsageOrder::memory;
  OutputFormat format = OutputFormat::table;
  bool watch = false;
};

// The controller looks for questions every second, and measures some containers a second.
constexpr std::chrono::milliseconds look_every = std::chrono::milliseconds(500);
constexpr Duration longest_wait = std::chrono::seconds(30);

bool is_meant(const AgentUsage& usage, const std::string& name) {
  return name.empty() || usage.owner == name || usage.agent.name == name;
}

// What was measured of the agents that are meant, in the order asked for.
std::vector<AgentUsage> measured(QuestionStore& questions, const Options& options) {
  questions.want_usage();
  auto usage = questions.usage();
  std::erase_if(usage, [&](const AgentUsage& one) { return !is_meant(one, options.name); });
  sort_usage(usage, options.order);
  return usage;
}

// How many of them run, as far as their rows say.
std::size_t count_running(Store& store, const std::string& name) {
  std::size_t running = 0;
  store.scan_agents([&](AgentRow&& row) {
    const bool meant = name.empty() || row.owner == name || row.key.name == name;
    if (meant && row.status.phase == Phase::running) ++running;
  });
  return running;
}

void require_somebody_who_measures(FleetAccess& fleet) {
  const LeaseView lease = fleet.store().lease();
  const bool held =
      !lease.holder.empty() && lease.expires_at && *lease.expires_at > SystemClock().now();
  if (!held)
    throw CommandError(
        "no controller leads, so nothing is measured; start mosaic up or mosaic controller");
  const std::string hindrance = fleet.questions().usage_hindrance();
  if (!hindrance.empty())
    throw CommandError("the engine cannot tell what agents use: " + hindrance);
}

void print(CommandContext& context, const std::vector<AgentUsage>& usage, OutputFormat format) {
  if (format == OutputFormat::table) {
    print_table(context.out, usage_table(usage, SystemClock().now()));
    return;
  }
  Json document = Json::array();
  for (const auto& one : usage) document.push_back(usage_document(one));
  print_document(context.out, document, format);
}

ExitCode show_once(CommandContext& context, const Options& options) {
  SignalWatch signals;
  FleetAccess fleet(context.database_settings());
  require_somebody_who_measures(fleet);
  const std::size_t running = count_running(fleet.store(), options.name);
  const auto end = std::chrono::steady_clock::now() + longest_wait;
  auto usage = measured(fleet.questions(), options);
  while (usage.size() < running && std::chrono::steady_clock::now() < end) {
    if (signals.wait(look_every)) return ExitCode::failure;
    usage = measured(fleet.questions(), options);
  }
  require_somebody_who_measures(fleet);
  if (usage.empty() && options.format == OutputFormat::table) {
    context.err << (running == 0 ? "no agent runs, so none uses anything\n"
                                 : "nothing has been measured yet; try again\n");
  } else {
    print(context, usage, options.format);
  }
  return running > 0 && usage.empty() ? ExitCode::timeout : ExitCode::success;
}

// One line of JSON, or one YAML document, for each new measurement; tables follow each other with an empty line between.
void print_news(CommandContext& context, const Options& options,
                const std::vector<AgentUsage>& usage, std::map<ResourceKey, TimePoint>& shown) {
  std::vector<AgentUsage> news;
  for (const auto& one : usage) {
    auto& last = shown[one.agent];
    if (one.sampled_at > last) news.push_back(one);
    last = one.sampled_at;
  }
  if (news.empty()) return;
  if (options.format == OutputFormat::table) {
    print(context, usage, options.format);
    context.out << '\n';
  } else {
    for (const auto& one : news) {
      if (options.format == OutputFormat::yaml) {
        context.out << "---\n" << to_yaml(usage_document(one)) << '\n';
      } else {
        context.out << usage_document(one).dump(-1, ' ', false, Json::error_handler_t::replace)
                    << '\n';
      }
    }
  }
  context.out << std::flush;
}

ExitCode watch_usage(CommandContext& context, const Options& options) {
  SignalWatch signals;
  FleetAccess fleet(context.database_settings());
  std::map<ResourceKey, TimePoint> shown;
  do {
    require_somebody_who_measures(fleet);
    print_news(context, options, measured(fleet.questions(), options), shown);
  } while (!signals.wait(std::chrono::seconds(2)));
  return ExitCode::success;
}

}  // namespace

void add_top_command(CLI::App& app, CommandContext& context) {
  auto& command = add_command(
      app, "top", "What running agents use of memory and CPU",
      "  mosaic top\n"
      "  mosaic top alice\n"
      "  mosaic top --sort cpu --watch\n"
      "  mosaic top -o json | jq '.[0].memoryBytes'\n"
      "The controller measures only while somebody looks; CPU is in thousandths of a core.");
  const auto options = std::make_shared<Options>();
  static const std::map<std::string, UsageOrder> orders{
      {"memory", UsageOrder::memory}, {"cpu", UsageOrder::cpu}, {"name", UsageOrder::name}};
  command.add_option("NAME", options->name, "Only this agent: its owner, name or row id");
  command
      .add_option_function<std::string>(
          "--sort",
          [options](const std::string& word) {
            const auto found = orders.find(word);
            if (found == orders.end())
              throw CLI::ValidationError("--sort", "give memory, cpu or name");
            options->order = found->second;
          },
          "The most first, or by name")
      ->type_name("memory|cpu|name")
      ->default_str("memory");
  command.add_flag("-w,--watch", options->watch, "Go on, and print again what was measured anew");
  add_output_option(command, options->format);
  add_database_options(command, context.raw);
  command.callback([&context, options] {
    context.action = [&context, options] {
      return options->watch ? watch_usage(context, *options) : show_once(context, *options);
    };
  });
}

}  // namespace mosaic::cli
