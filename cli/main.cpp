#include <signal.h>

#include <iostream>

#include "cli/command_line.hpp"

int main(int argc, char** argv) {
  // A peer that went away is an error of that write, not the end of the process.
  ::signal(SIGPIPE, SIG_IGN);
  return mosaic::cli::run_command_line(argc, argv, std::cin, std::cout, std::cerr);
}
