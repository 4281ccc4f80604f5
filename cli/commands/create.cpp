#include <algorithm>
#include <nlohmann/json.hpp>
#include <ostream>

#include "agent_config/provider_entry.hpp"
#include "cli/command_context.hpp"
#include "cli/fleet_access.hpp"
#include "cli/settings_options.hpp"
#include "cli/status_wait.hpp"
#include "cli/text_source.hpp"
#include "cli/wait_options.hpp"
#include "model/naming.hpp"
#include "secrets/token.hpp"
#include "store/settings_store.hpp"

namespace mosaic::cli {
namespace {

constexpr std::size_t max_owner_bytes = 128;

struct AgentOptions {
  std::string name;  // or the owner
  std::string container_name;
  std::optional<int> idle_timeout_min;
  std::string role;
  std::string model;
  std::string provider;
  std::string image;
  std::optional<std::int64_t> memory_mb;
  std::optional<std::int64_t> cpu_milli;
  WaitOptions wait;
};

struct ProviderOptions {
  std::string owner;
  std::string administrator;
  std::string name;
  std::string type;
  std::string base_url;
  std::string api_key_file;
  std::vector<std::string> models;
};

void require_owner(const std::string& owner) {
  const bool good = !owner.empty() && owner.size() <= max_owner_bytes &&
                    std::none_of(owner.begin(), owner.end(), [](char c) {
                      return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
                    });
  if (!good) throw UsageError("an owner is 1 to 128 bytes without control characters");
}

void require_container_name(const std::string& name, const std::string& option) {
  if (valid_container_name(name)) return;
  throw UsageError(option + ": '" + printable(name, 100) +
                   "' cannot name a container; use letters, digits, '_', '.' and '-', beginning "
                   "with a letter or digit");
}

NewAgentOptions common_options(const AgentOptions& options) {
  if (options.memory_mb && (*options.memory_mb < 64 || *options.memory_mb > 1048576)) {
    throw UsageError("--memory-mb: give 64 to 1048576");
  }
  if (options.cpu_milli && (*options.cpu_milli < 100 || *options.cpu_milli > 256000)) {
    throw UsageError("--cpu-milli: give 100 to 256000, in thousandths of a core");
  }
  NewAgentOptions result;
  result.image = options.image;
  result.memory_mb = options.memory_mb;
  result.cpu_milli = options.cpu_milli;
  return result;
}

void report(CommandContext& context, const ResourceKey& key, const std::string& what) {
  context.out << key.name << '\n';
  context.err << "created " << printable(what) << '\n';
}

ExitCode create_user(CommandContext& context, const AgentOptions& options) {
  require_owner(options.name);
  NewUserContainer agent;
  agent.id = random_id();
  agent.user_id = options.name;
  agent.container_name = options.container_name.empty()
                             ? "mosaic-user-" + encode_owner(options.name)
                             : options.container_name;
  require_container_name(agent.container_name, "--container-name");
  if (options.idle_timeout_min &&
      (*options.idle_timeout_min < 1 || *options.idle_timeout_min > 525600)) {
    throw UsageError("--idle-timeout-min: give 1 to 525600");
  }
  agent.idle_timeout_min = options.idle_timeout_min;
  agent.options = common_options(options);
  FleetAccess fleet(context.database_settings());
  agent.gateway_token = fleet.secrets().encrypt(generate_token());
  if (fleet.settings().create_user_agent(agent) != WriteOutcome::done) {
    throw CommandError("user agent '" + options.name +
                       "' exists already; see mosaic describe user " + options.name);
  }
  report(context, {ResourceKind::user_container, agent.id},
         "user agent " + options.name + "; it sleeps until somebody needs it: mosaic wake user " +
             options.name);
  return ExitCode::success;
}

ExitCode create_system(CommandContext& context, const AgentOptions& options) {
  require_container_name(options.name, "NAME");
  const StatusWait wait = options.wait.status_wait();
  NewSystemContainer agent;
  agent.id = random_id();
  agent.name = options.name;
  agent.role = options.role;
  agent.primary_model = options.model;
  agent.provider_id = options.provider;
  agent.options = common_options(options);
  FleetAccess fleet(context.database_settings());
  agent.gateway_token = fleet.secrets().encrypt(generate_token());
  if (fleet.settings().create_system_agent(agent) != WriteOutcome::done) {
    throw CommandError("system agent '" + options.name +
                       "' exists already; see mosaic describe system " + options.name);
  }
  const ResourceKey key{ResourceKind::system_container, agent.id};
  report(context, key, "system agent " + options.name + "; it starts now and keeps running");
  if (options.wait.wait) {
    wait_for_status(fleet.store(), SystemClock(), key, options.name, running_goal(1), wait,
                    context.err);
  }
  return ExitCode::success;
}

std::string models_json(const std::vector<std::string>& models) {
  Json list = Json::array();
  for (const auto& model : models) list.push_back({{"id", model}, {"name", model}});
  return list.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// The same judgement as when the configuration is rendered, so that what is stored can be used.
void require_usable(const ProviderRow& row, const std::string& api_key) {
  std::map<std::string, std::string> keys;
  if (!api_key.empty()) keys[row.id] = api_key;
  const auto entries = make_provider_entries({row}, keys);
  if (!entries.empty() && entries.front().problem) throw UsageError(*entries.front().problem);
}

// The providers of administrators serve system agents; their rows carry the administrator's row id
// as owner.
std::string owner_of_provider(FleetAccess& fleet, const ProviderOptions& options) {
  if (options.administrator.empty()) return options.owner;
  for (const auto& user : fleet.settings().list_breakglass()) {
    if (user.username == options.administrator) return user.id;
  }
  throw NotFoundError("there is no administrator '" + options.administrator +
                      "'; make one with: mosaic admin create-breakglass " + options.administrator);
}

ExitCode create_provider(CommandContext& context, const ProviderOptions& options) {
  if (options.owner.empty() == options.administrator.empty()) {
    throw UsageError(
        "give either --owner, for a user's agent, or --administrator, for system agents");
  }
  FleetAccess fleet(context.database_settings());
  ProviderRow row;
  row.id = random_id();
  row.owner = owner_of_provider(fleet, options);
  require_owner(row.owner);
  row.name = options.name;
  row.display_name = options.name;
  row.type = options.type;
  row.base_url = options.base_url;
  row.api_type = options.type == "anthropic" ? "anthropic-messages" : "openai-completions";
  row.models_json = models_json(options.models);
  const std::string api_key =
      options.api_key_file.empty() ? "" : read_secret(options.api_key_file, context.in);
  if (!api_key.empty()) row.api_key = fleet.secrets().encrypt(api_key);
  require_usable(row, api_key);
  if (fleet.settings().create_provider(row) != WriteOutcome::done) {
    throw CommandError("'" + options.owner + options.administrator + "' has a provider named '" +
                       options.name + "' already");
  }
  context.out << row.id << '\n';
  context.err << "created provider " << printable(options.name) << " of "
              << printable(options.owner + options.administrator) << '\n';
  return ExitCode::success;
}

void add_limit_options(CLI::App& command, AgentOptions& options) {
  command.add_option("--image", options.image, "Image of this agent alone")->type_name("IMAGE");
  command.add_option("--memory-mb", options.memory_mb, "Memory limit; without it the fleet's")
      ->type_name("MB");
  command.add_option("--cpu-milli", options.cpu_milli, "CPU limit in thousandths of a core")
      ->type_name("N");
}

void add_create_user(CLI::App& create, CommandContext& context) {
  auto& command = add_command(create, "user",
                              "An agent for one user, asleep until it is needed; prints its row id",
                              "  mosaic create user alice\n"
                              "  mosaic create user alice --idle-timeout-min 5 --memory-mb 2048");
  const auto options = std::make_shared<AgentOptions>();
  command.add_option("OWNER", options->name, "The user whose agent it is")->required();
  command.add_option("--container-name", options->container_name, "Name of the container")
      ->type_name("NAME");
  command
      .add_option("--idle-timeout-min", options->idle_timeout_min,
                  "Minutes without use until it sleeps")
      ->type_name("MIN");
  add_limit_options(command, *options);
  add_database_options(command, context.raw);
  command.callback([&context, options] {
    context.action = [&context, options] { return create_user(context, *options); };
  });
}

void add_create_system(CLI::App& create, CommandContext& context) {
  auto& command =
      add_command(create, "system", "An agent of the platform itself, always on; prints its row id",
                  "  mosaic create system research --role research --model openai/gpt-5 --wait");
  const auto options = std::make_shared<AgentOptions>();
  command.add_option("NAME", options->name, "Its name, which is its container's as well")
      ->required();
  command.add_option("--role", options->role, "What it is for")->required()->type_name("ROLE");
  command.add_option("--model", options->model, "PROVIDER/MODEL or MODEL")
      ->required()
      ->type_name("MODEL");
  command
      .add_option("--provider", options->provider,
                  "Id of its provider; without it the administrators' providers")
      ->type_name("ID");
  add_limit_options(command, *options);
  add_wait_options(command, options->wait);
  add_database_options(command, context.raw);
  command.callback([&context, options] {
    context.action = [&context, options] { return create_system(context, *options); };
  });
}

void add_create_provider(CLI::App& create, CommandContext& context) {
  auto& command = add_command(create, "provider",
                              "Where an owner's agents get their models from; prints its row id",
                              "  mosaic create provider --owner alice --name openai --type openai "
                              "--api-key-file key.txt --models gpt-5\n"
                              "  mosaic create provider --owner alice --name local --type ollama "
                              "--base-url http://192.168.1.5:11434 "
                              "--models qwen3");
  const auto options = std::make_shared<ProviderOptions>();
  command.add_option("--owner", options->owner, "The user whose agent it serves")
      ->type_name("OWNER");
  command
      .add_option("--administrator", options->administrator,
                  "The administrator on whose behalf it serves system agents")
      ->type_name("USERNAME");
  command.add_option("--name", options->name, "Its name in models such as NAME/MODEL")
      ->required()
      ->type_name("NAME");
  command.add_option("--type", options->type, "Its kind")
      ->required()
      ->type_name("zai|openai|anthropic|ollama|custom")
      ->check(CLI::IsMember({"zai", "openai", "anthropic", "ollama", "custom"}));
  command
      .add_option("--base-url", options->base_url, "Its address, where it is not the kind's own")
      ->type_name("URL");
  command
      .add_option("--api-key-file", options->api_key_file,
                  "File with the key, or - for standard input")
      ->type_name("FILE");
  command.add_option("--models", options->models, "Models it offers")
      ->delimiter(',')
      ->type_name("A,B");
  add_database_options(command, context.raw);
  command.callback([&context, options] {
    context.action = [&context, options] { return create_provider(context, *options); };
  });
}

}  // namespace

void add_create_command(CLI::App& app, CommandContext& context) {
  auto& create = add_command(app, "create", "Make a user agent, a system agent or a provider", "");
  create.require_subcommand(1);
  add_create_user(create, context);
  add_create_system(create, context);
  add_create_provider(create, context);
}

}  // namespace mosaic::cli
