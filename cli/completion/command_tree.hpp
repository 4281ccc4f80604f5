// What may be typed after `mosaic`, read off the very commands that parse it: the source of shell completion.
//
// Plain values.
#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace mosaic::cli {

struct OptionWords {
  std::vector<std::string> names;  // "--output", "-o"
  std::string what;                // one line
  bool takes_value = false;
  std::vector<std::string> choices;  // of its value; empty: anything
  bool takes_file = false;
};

struct CommandWords {
  std::string path;  // "get users"; empty: mosaic itself
  std::string what;
  std::vector<std::string> subcommands;  // by name
  std::vector<OptionWords> options;
  bool takes_file = false;           // in a place without a name
  std::vector<std::string> choices;  // of its first word without a name
};

// The command itself first, then all below it, in the order in which they are listed.
std::vector<CommandWords> command_tree(const CLI::App& app);

}  // namespace mosaic::cli
