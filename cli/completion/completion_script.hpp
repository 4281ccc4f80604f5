// Completion scripts for shells, made from the command tree.
//
// Pure.
#pragma once

#include <string>
#include <vector>

#include "cli/completion/command_tree.hpp"

namespace mosaic::cli {

std::string bash_completion(const std::vector<CommandWords>& commands);
std::string zsh_completion(const std::vector<CommandWords>& commands);
std::string fish_completion(const std::vector<CommandWords>& commands);

}  // namespace mosaic::cli
