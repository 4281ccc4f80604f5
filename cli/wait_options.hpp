// "--wait [--timeout SECONDS]", as several commands have it.
#pragma once

#include <CLI/CLI.hpp>

#include "cli/failure.hpp"
#include "cli/status_wait.hpp"

namespace mosaic::cli {

struct WaitOptions {
  bool wait = false;
  int timeout_seconds = 300;

  StatusWait status_wait() const {
    if (timeout_seconds < 1 || timeout_seconds > 86400)
      throw UsageError("--timeout: give 1 to 86400 seconds");
    return {.limit = std::chrono::seconds(timeout_seconds), .pause = {}};
  }
};

inline void add_wait_options(CLI::App& command, WaitOptions& options) {
  command.add_flag("--wait", options.wait,
                   "Return when it is so, printing each phase; exit code 4 when it is not in time");
  command.add_option("--timeout", options.timeout_seconds, "How long --wait waits")
      ->type_name("SECONDS")
      ->capture_default_str();
}

}  // namespace mosaic::cli
