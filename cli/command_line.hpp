// From arguments to exit code: parses, runs the chosen command, and turns whatever went wrong into
// one line on standard error.
//
// Used from the main thread only.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace mosaic::cli {

struct CommandWords;

// An ExitCode as a number. `argv` as main() gets it.
int run_command_line(int argc, const char* const* argv, std::istream& in, std::ostream& out,
                     std::ostream& err);

// The same without running anything: what is wrong with the words, in one line; empty when nothing is.
std::string check_command_line(int argc, const char* const* argv);

// Every command and its options (completion/command_tree.hpp).
std::vector<CommandWords> all_commands();

}  // namespace mosaic::cli
