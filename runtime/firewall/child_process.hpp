// Runs one program to its end: no shell, an environment of the caller's making, a deadline, bounded output. On the
// deadline the program is killed.
//
// Thread-safety: free function without shared state. Blocks the caller.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace mosaic {

struct ChildCommand {
  std::vector<std::string>
      arguments;  // the first is the program, searched in the PATH of `environment`
  std::vector<std::string> environment = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"};
  std::string input;  // its standard input
  std::chrono::milliseconds limit = std::chrono::seconds(10);
  std::size_t output_limit = 4 * 1024 * 1024;  // of each stream; more is read and dropped
};

struct ChildResult {
  int exit_code = 0;  // 128 + n when signal n ended it; 127 when there is no such program
  bool timed_out = false;
  bool truncated = false;  // some output was dropped
  std::string output;
  std::string errors;

  bool succeeded() const { return exit_code == 0 && !timed_out && !truncated; }
};

// Throws std::system_error when no process can be made.
ChildResult run_child(const ChildCommand& command);

}  // namespace mosaic
