#include "cli/serve.hpp"

#include <chrono>
#include <stdexcept>

#include "cli/open_files.hpp"
#include "cli/signal_watch.hpp"

namespace mosaic::cli {
namespace {

using namespace std::chrono_literals;

Logger make_log(const Settings& settings) {
  LogOptions options;
  options.level = settings.log_level;
  options.format = settings.log_format;
  return Logger::to_stderr(options);
}

// The API says what to do about an address that it cannot have, but not which option gave it.
void start(FleetProcess& process) {
  try {
    process.start();
  } catch (const CommandError&) {
    throw;
  } catch (const StoreError&) {
    throw;
  } catch (const SecretKeyError&) {
    throw;
  } catch (const std::logic_error&) {
    throw;
  } catch (const std::runtime_error& error) {
    throw CommandError(std::string(error.what()) +
                       " (see --listen, --agent-listen and --egress-listen)");
  }
}

// Once everything runs, or when a signal came first.
std::optional<int> look_after_until_signal(FleetProcess& process, SignalWatch& signals,
                                           const Logger& log) {
  std::string last_failure;
  for (;;) {
    if (const auto number = signals.wait(1s)) return number;
    try {
      process.look_after();
      last_failure.clear();
    } catch (const CommandError& error) {
      if (error.what() != last_failure)
        log.error("the embedded Postgres is down", {{Field::error, error.what()}});
      last_failure = error.what();
    }
  }
}

ExitCode serve(CommandContext& context, FleetRoles roles, const Announcement& announce) {
  const Settings settings = context.settings();
  SignalWatch signals;
  const Logger log = make_log(settings);
  take_all_open_files(log);
  FleetProcess process(settings, roles, log);
  start(process);
  if (announce) announce(process, settings);
  const auto number = look_after_until_signal(process, signals, log);
  log.info("shutting down", {{Field::signal, number.value_or(0)}});
  signals.exit_on_next();
  process.stop();
  log.info("ended");
  return ExitCode::success;
}

}  // namespace

void serve_when_called(CLI::App& command, CommandContext& context, FleetRoles roles,
                       Announcement announce) {
  command.callback([&context, roles, announce = std::move(announce)] {
    context.action = [&context, roles, announce] { return serve(context, roles, announce); };
  });
}

}  // namespace mosaic::cli
