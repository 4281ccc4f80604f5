#include "cli/completion/command_tree.hpp"

#include <algorithm>
#include <cctype>

namespace mosaic::cli {
namespace {

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

// "table|json|yaml" lists what may be given; "FILE|DIR|-" does not.
std::vector<std::string> choices_of(const std::string& type_name) {
  std::vector<std::string> choices;
  if (type_name.find('|') == std::string::npos) return choices;
  std::size_t begin = 0;
  while (begin <= type_name.size()) {
    const std::size_t end = std::min(type_name.find('|', begin), type_name.size());
    choices.push_back(type_name.substr(begin, end - begin));
    begin = end + 1;
  }
  const bool words = std::all_of(choices.begin(), choices.end(), [](const std::string& choice) {
    return !choice.empty() && std::all_of(choice.begin(), choice.end(), [](unsigned char c) {
      return std::islower(c) != 0 || c == '-';
    }) && choice != "-";
  });
  if (!words) choices.clear();
  return choices;
}

bool names_a_file(const std::string& type_name) {
  return type_name.find("FILE") != std::string::npos || type_name.find("DIR") != std::string::npos;
}

OptionWords words_of(const CLI::Option& option) {
  OptionWords words;
  for (const auto& name : option.get_lnames()) words.names.push_back("--" + name);
  for (const auto& name : option.get_snames()) words.names.push_back("-" + name);
  words.what = first_line(option.get_description());
  words.takes_value = option.get_items_expected_max() > 0;
  if (words.takes_value) {
    words.choices = choices_of(option.get_type_name());
    words.takes_file = names_a_file(option.get_type_name());
  }
  return words;
}

void add_positional(const CLI::Option& option, CommandWords& command) {
  const std::string name = option.get_name(true);
  if (name == "KIND") command.choices = {"user", "system"};
  command.takes_file = command.takes_file || names_a_file(name);
}

void collect(const CLI::App& app, const std::string& path, std::vector<CommandWords>& all) {
  CommandWords command;
  command.path = path;
  command.what = first_line(app.get_description());
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_positional()) {
      add_positional(*option, command);
    } else {
      command.options.push_back(words_of(*option));
    }
  }
  const auto subcommands = app.get_subcommands([](const CLI::App*) { return true; });
  for (const CLI::App* subcommand : subcommands)
    command.subcommands.push_back(subcommand->get_name());
  all.push_back(std::move(command));
  for (const CLI::App* subcommand : subcommands)
    collect(*subcommand, path + (path.empty() ? "" : " ") + subcommand->get_name(), all);
}

}  // namespace

std::vector<CommandWords> command_tree(const CLI::App& app) {
  std::vector<CommandWords> all;
  collect(app, "", all);
  return all;
}

}  // namespace mosaic::cli
