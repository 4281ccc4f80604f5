// From arguments to exit code: parses, runs the chosen command, and turns whatever went wrong into
// one line on standard error.
//
// Used from the main thread only.
#pragma once

#include <iosfwd>

namespace mosaic::cli {

// An ExitCode as a number. `argv` as main() gets it.
int run_command_line(int argc, const char* const* argv, std::istream& in, std::ostream& out,
                     std::ostream& err);

}  // namespace mosaic::cli
