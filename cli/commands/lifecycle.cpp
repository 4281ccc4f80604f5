#include "cli/lifecycle.hpp"

#include <ostream>

#include "cli/agent_lookup.hpp"
#include "cli/command_context.hpp"
#include "cli/commands/declarative.hpp"
#include "cli/fleet_access.hpp"
#include "cli/settings_options.hpp"
#include "cli/wait_options.hpp"
#include "secrets/token.hpp"

namespace mosaic::cli {
namespace {

using Verb = LifecycleRequest::Verb;

struct Options {
  std::string kind;
  LifecycleRequest request;
  WaitOptions wait;
};

ExitCode run(CommandContext& context, Options& options) {
  options.request.kind = parse_agent_kind(options.kind);
  const StatusWait wait = options.wait.status_wait();
  FleetAccess fleet(context.database_settings());
  const SystemClock clock;
  if (options.request.verb == Verb::rotate_token)
    options.request.token = fleet.secrets().encrypt(generate_token());
  const Asked asked = ask(fleet.store(), clock, options.request);
  context.err << printable(asked.done) << '\n';
  if (options.wait.wait && asked.goal) {
    wait_for_status(fleet.store(), clock, asked.key, options.request.name, *asked.goal, wait,
                    context.err);
  }
  return ExitCode::success;
}

CLI::App& add_verb(CLI::App& app, CommandContext& context, Verb verb, const std::string& name,
                   const std::string& what, const std::shared_ptr<Options>& options) {
  auto& command =
      add_command(app, name, what,
                  "  mosaic " + name + " user alice --wait\n  mosaic " + name + " system research");
  options->request.verb = verb;
  command.add_option("KIND", options->kind, "user or system")->required();
  command.add_option("NAME", options->request.name, "Owner or name, row id, or container name")
      ->required();
  add_wait_options(command, options->wait);
  add_database_options(command, context.raw);
  command.callback([&context, options] {
    context.action = [&context, options] { return run(context, *options); };
  });
  return command;
}

}  // namespace

void add_lifecycle_commands(CLI::App& app, CommandContext& context) {
  add_verb(app, context, Verb::wake, "wake",
           "Start a sleeping agent now; it sleeps again when idle", std::make_shared<Options>());
  const auto start = std::make_shared<Options>();
  add_verb(app, context, Verb::start, "start", "Undo a stop and start the agent", start)
      .add_flag("--keep-running", start->request.keep_running,
                "Never put it to sleep for being idle");
  add_verb(app, context, Verb::stop, "stop", "Stop an agent until mosaic start",
           std::make_shared<Options>());
  add_verb(app, context, Verb::restart, "restart",
           "Restart an agent as soon as its running turns have ended", std::make_shared<Options>());
  const auto move = std::make_shared<Options>();
  auto& command =
      add_verb(app, context, Verb::move, "move",
               "Move an agent with its state to another node of a Docker Swarm, as soon "
               "as its running turns have ended",
               move);
  command.add_option("--to", move->request.node, "Host name or id of the node")->required();
  command.add_flag("--without-state", move->request.without_state,
                   "Where the node of its state does not answer: give that state up, and begin "
                   "anew, empty");
  add_verb(app, context, Verb::rotate_token, "rotate-token",
           "Give an agent another gateway token, with a new container as soon as its running turns "
           "have ended",
           std::make_shared<Options>());
}

void add_delete_command(CLI::App& app, CommandContext& context) {
  const auto options = std::make_shared<Options>();
  const auto files = std::make_shared<std::vector<std::string>>();
  const auto access = std::make_shared<ApiAccess>();
  auto& command =
      add_verb(app, context, Verb::remove, "delete",
               "Delete an agent, or what manifests name; state and workspace are kept", options);
  command.add_flag("--purge", options->request.purge,
                   "Delete its state and workspace for good, too");
  command.get_option("KIND")->required(false);
  command.get_option("NAME")->required(false);
  add_file_option(command, *files);
  add_api_options(command, *access);
  command.callback([&context, options, files, access] {
    const bool named = !options->kind.empty() && !options->request.name.empty();
    if (named != files->empty() || (!files->empty() && options->request.purge)) {
      throw CLI::ValidationError("delete", "give KIND and NAME, or -f with manifests");
    }
    context.action = [&context, options, files, access] {
      return files->empty() ? run(context, *options) : delete_declared(context, *access, *files);
    };
  });
}

}  // namespace mosaic::cli
