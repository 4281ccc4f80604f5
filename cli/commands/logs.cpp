#include <memory>
#include <ostream>

#include "cli/command_context.hpp"
#include "cli/commands/declarative.hpp"
#include "cli/signal_watch.hpp"

namespace mosaic::cli {
namespace {

struct Options {
  ApiAccess access;
  std::string user;
  int tail = 100;
  bool follow = false;
  bool wake = false;
  bool times = false;
};

std::string text_of(const Json& document, const char* name) {
  const auto found = document.find(name);
  return found != document.end() && found->is_string() ? found->get<std::string>() : "";
}

// The token decides whose log it is; the name says whose was meant, so that nobody reads one log for another's.
void require_owner(FleetApi& api, const std::string& user) {
  const Json session = api.get("/api/auth/session");
  const Json account = session.value("account", Json::object());
  if (user == text_of(account, "id") || user == text_of(account, "name")) return;
  throw CommandError("a log may hold what was said, so it is for its owner alone: this token is " +
                     printable(text_of(account, "name")) +
                     "'s, and nobody, admins included, gets the log of " + printable(user));
}

Json ask(FleetApi& api, int tail, const std::string& after) {
  return api.get("/api/container/log?tail=" + std::to_string(tail) +
                 (after.empty() ? "" : "&after=" + percent_encode(after)));
}

// Prints the lines, and returns the time of the last one.
std::string print_lines(CommandContext& context, const Json& log, const Options& options,
                        std::string after) {
  if (log.value("cut", false)) context.err << "(older lines are left out)\n";
  for (const auto& line : log.value("items", Json::array())) {
    after = text_of(line, "at");
    if (options.times) context.out << printable(after) << ' ';
    context.out << printable(text_of(line, "text"), 16'384) << '\n';
  }
  context.out << std::flush;
  return after;
}

// Once for each time that it begins to sleep.
void tell_sleep(CommandContext& context, const Json& log, std::string& told) {
  const std::string phase = text_of(log, "phase");
  const bool runs = phase == "running" || phase == "draining" || phase == "starting";
  if (!runs && told != phase)
    context.err << "the agent does not run (" << printable(phase)
                << "): these are the last lines that it wrote; --wake starts it\n";
  told = runs ? "" : phase;
}

ExitCode show_log(CommandContext& context, const Options& options) {
  SignalWatch signals;
  FleetApi api(options.access);
  require_owner(api, options.user);
  if (options.wake) api.send("POST", "/api/container/start", Json::object(), "wake the agent");
  std::string told;
  Json log = ask(api, options.tail, "");
  tell_sleep(context, log, told);
  std::string after = print_lines(context, log, options, "");
  while (options.follow && !signals.wait(std::chrono::seconds(1))) {
    log = ask(api, 1000, after);
    tell_sleep(context, log, told);
    after = print_lines(context, log, options, after);
  }
  return ExitCode::success;
}

}  // namespace

void add_logs_command(CLI::App& app, CommandContext& context) {
  auto& command = add_command(
      app, "logs", "What one's own agent has written, for its owner alone",
      "  mosaic logs alice                      with alice's own token in MOSAIC_TOKEN\n"
      "  mosaic logs alice --tail 20 --follow\n"
      "  mosaic logs alice --wake -f\n"
      "It goes through the API with an API token of the owner's that has the scopes read and "
      "chat;\n"
      "admins see events instead: mosaic get events alice");
  const auto options = std::make_shared<Options>();
  options->access.needed = "one of your own with the scopes read and chat (write, for --wake)";
  command
      .add_option("USER", options->user, "Whose agent: the token's owner, by name or account id")
      ->required();
  command.add_option("--tail", options->tail, "The last so many lines, 1 to 1000")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command.add_flag("-f,--follow", options->follow, "Go on with what is written from now on");
  command.add_flag("--timestamps", options->times, "Each line's time before it");
  command.add_flag("--wake", options->wake, "Start the agent; without it nothing is woken");
  add_api_options(command, options->access);
  command.callback([&context, options] {
    context.action = [&context, options] { return show_log(context, *options); };
  });
}

}  // namespace mosaic::cli
