// Programs run beside this one: to their end with their output kept (run_program), or on their own
// as a session of theirs (start_daemon), as this user or, when we are root, as an unprivileged one.
//
// The child gets a small fixed environment, no open file but its standard ones, no blocked signals.
// Thread-safe.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "cli/postgres/system_user.hpp"

namespace mosaic::cli {

struct ProgramResult {
  int exit_code = -1;  // 128 + signal when a signal ended it
  bool timed_out = false;
  std::string output;  // standard output and error, the last 64 KiB
};

struct ProgramCall {
  std::vector<std::string> arguments;  // the first is the program's absolute path
  std::string input;                   // at most 4 KiB, written to its standard input
  std::chrono::milliseconds timeout = std::chrono::seconds(120);
};

// Throws CommandError when the program cannot be run at all.
ProgramResult run_program(const ProgramCall& call, const SystemUser& user);

// Returns the process id of a new session's leader whose output goes to `log_file` (begun anew).
pid_t start_daemon(const std::vector<std::string>& arguments, const SystemUser& user,
                   const std::filesystem::path& log_file);

}  // namespace mosaic::cli
