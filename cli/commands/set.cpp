#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/command_context.hpp"
#include "cli/fleet_access.hpp"
#include "cli/settings_options.hpp"
#include "cli/text_source.hpp"
#include "model/fleet_settings.hpp"
#include "secrets/token.hpp"
#include "store/settings_store.hpp"

namespace mosaic::cli {
namespace {

constexpr std::size_t max_personality_bytes = 64 * 1024;

struct ConfigOptions {
  std::string owner;
  std::optional<std::string> model;
  std::optional<std::vector<std::string>> fallbacks;
  std::optional<std::string> personality_file;
  std::optional<std::string> provider;
};

// What the owner has now: options that are not given leave it as it is.
AgentPreferences present_preferences(FleetAccess& fleet, const std::string& owner) {
  AgentPreferences none;
  none.id = random_id();
  none.user_id = owner;
  return fleet.settings().find_preferences(owner).value_or(none);
}

ExitCode set_config(CommandContext& context, const ConfigOptions& options) {
  if (!options.model && !options.fallbacks && !options.personality_file && !options.provider) {
    throw UsageError("nothing to set; give --model, --fallbacks, --personality-file or --provider");
  }
  FleetAccess fleet(context.database_settings());
  AgentPreferences preferences = present_preferences(fleet, options.owner);
  if (options.model) preferences.primary_model = *options.model;
  if (options.fallbacks) preferences.fallback_models = *options.fallbacks;
  if (options.provider) preferences.provider_id = *options.provider;
  if (options.personality_file) {
    preferences.personality =
        read_text(*options.personality_file, context.in, max_personality_bytes);
  }
  if (fleet.settings().put_preferences(preferences, preferences.generation) != WriteOutcome::done) {
    throw CommandError("somebody else changed the preferences of '" + options.owner +
                       "' at this moment; look at them and run the command again");
  }
  const std::string owner = printable(options.owner);
  if (fleet.settings().find_user_agent(options.owner)) {
    context.err << "set; a running agent of " << owner
                << " takes it once its running turns have ended\n";
  } else {
    context.err << "set; " << owner
                << " has no agent yet, one that is made begins with it: mosaic create user "
                << owner << "\n";
  }
  return ExitCode::success;
}

std::string fleet_key(const std::string& word) {
  return word.starts_with("fleet.") ? word : "fleet." + word;
}

ExitCode set_fleet(CommandContext& context, const std::string& word, const std::string& value) {
  const std::string key = fleet_key(word);
  std::vector<std::string> problems;
  FleetSettings::parse({{key, value}}, problems);
  if (!problems.empty()) {
    throw UsageError(problems.front().substr(0, problems.front().find(';')) +
                     "; see mosaic set fleet --help");
  }
  FleetAccess fleet(context.database_settings());
  fleet.store().put_setting(key, value);
  context.err << key << " is now " << printable(value) << "; the controller heeds it at once\n";
  return ExitCode::success;
}

void add_set_config(CLI::App& set, CommandContext& context) {
  auto& command = add_command(
      set, "config", "A user's model, fallbacks and personality",
      "  mosaic set config alice --model openai/gpt-5 --fallbacks zai/glm-5,ollama/qwen3\n"
      "  mosaic set config alice --personality-file soul.md");
  const auto options = std::make_shared<ConfigOptions>();
  command.add_option("OWNER", options->owner, "The user")->required();
  command
      .add_option("--model", options->model, "PROVIDER/MODEL or MODEL; empty: the provider's first")
      ->type_name("MODEL");
  command
      .add_option_function<std::string>(
          "--fallbacks",
          [options](const std::string& list) {
            options->fallbacks.emplace();
            for (auto& word : CLI::detail::split(list, ',')) {
              if (!word.empty()) options->fallbacks->push_back(word);
            }
          },
          "Models to try when the first fails, in order")
      ->type_name("A,B");
  command
      .add_option("--personality-file", options->personality_file,
                  "SOUL.md of the agent; - for standard input")
      ->type_name("FILE");
  command.add_option("--provider", options->provider, "Id of the default provider")
      ->type_name("ID");
  add_database_options(command, context.raw);
  command.callback([&context, options] {
    context.action = [&context, options] { return set_config(context, *options); };
  });
}

void add_set_fleet(CLI::App& set, CommandContext& context) {
  auto& command = add_command(
      set, "fleet", "A setting of the whole fleet; it takes effect at once",
      "  mosaic set fleet image alpine/openclaw:latest\n"
      "  mosaic set fleet memoryMb 2048\n"
      "  mosaic set fleet sleep.pause true\n"
      "Keys:\n"
      "  image                        image of agents that have none of their own\n"
      "  memoryMb, cpuMilli, pids     limits of agents that have none of their own\n"
      "  memoryBudgetMb               memory for all running agents; 0: the host's, less the "
      "reserve\n"
      "  memoryReserveMb              memory kept free for the host\n"
      "  drainLimitMin                how long a restart waits for running turns\n"
      "  stopGraceSec                 time between TERM and KILL\n"
      "  startDeadlineSec             a start that takes longer has failed\n"
      "  toolProfile                  what agents may do by themselves: minimal, coding, messaging "
      "or full\n"
      "  providerKeys                 delivered: agents hold their providers' keys; injected: they "
      "ask through us,\n"
      "                               and the keys are added on the way out\n"
      "  egress.userAgents, egress.systemAgents  what the egress proxy lets them reach: internet, "
      "providers or listed\n"
      "  egress.hosts                 what listed lets them reach beside their providers\n"
      "  sleep.pause                  true: idle agents are frozen first, 12 ms away\n"
      "  sleep.pausedMemoryMb         what all frozen agents may hold of memory\n"
      "  sleep.hibernate              true: frozen agents may be pushed to swap, 1 s away\n"
      "  sleep.hibernateAfterMin      time frozen before that\n"
      "  sleep.hibernatedSwapMb       what all hibernated agents may hold of swap\n"
      "  sleep.stopAfterMin           time asleep before the process ends; 0: never");
  const auto key = std::make_shared<std::string>();
  const auto value = std::make_shared<std::string>();
  command.add_option("KEY", *key, "One of the keys below")->required();
  command.add_option("VALUE", *value, "Its value")->required();
  add_database_options(command, context.raw);
  command.callback([&context, key, value] {
    context.action = [&context, key, value] { return set_fleet(context, *key, *value); };
  });
}

}  // namespace

void add_set_command(CLI::App& app, CommandContext& context) {
  auto& set = add_command(app, "set", "Change a user's preferences or a setting of the fleet", "");
  set.require_subcommand(1);
  add_set_config(set, context);
  add_set_fleet(set, context);
}

}  // namespace mosaic::cli
