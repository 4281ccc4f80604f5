#include "cli/completion/completion_script.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace mosaic::cli {
namespace {

std::string joined(const std::vector<std::string>& words, const std::string& between = " ") {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : between) + word;
  return text;
}

// 'it'\''s'
std::string in_quotes(const std::string& text) {
  std::string result = "'";
  for (const char c : text) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return result + "'";
}

// What may follow a command: subcommands, its first word, options.
std::vector<std::string> candidates(const CommandWords& command) {
  std::vector<std::string> words = command.subcommands;
  words.insert(words.end(), command.choices.begin(), command.choices.end());
  for (const auto& option : command.options)
    words.insert(words.end(), option.names.begin(), option.names.end());
  return words;
}

// "get users:--output" for each option that takes a value, as patterns of `case`.
void add_values(const CommandWords& command, std::string& values) {
  for (const auto& option : command.options) {
    if (!option.takes_value) continue;
    std::vector<std::string> patterns;
    for (const auto& name : option.names) patterns.push_back(in_quotes(command.path + ":" + name));
    values += "    " + joined(patterns, "|") + ") ";
    if (option.takes_file) {
      values += "files=1 ;;\n";
    } else {
      values += "fitting=" + in_quotes(joined(option.choices)) + " value=1 ;;\n";
    }
  }
}

// Both bash and zsh walk the words with this: `at` is the command that has been typed so far, `fitting` what may follow.
// (`path` and `words` mean something else to zsh.)
std::string walk(const std::vector<CommandWords>& commands, const std::string& before) {
  std::string paths;
  std::string values;
  std::string fitting;
  for (const auto& command : commands) {
    for (const auto& name : command.subcommands)
      paths +=
          "      " + in_quotes(command.path + (command.path.empty() ? "" : " ") + name) + "|\\\n";
    add_values(command, values);
    fitting +=
        "    " + in_quotes(command.path) + ") fitting=" + in_quotes(joined(candidates(command)));
    if (command.takes_file) fitting += " files=1";
    fitting += " ;;\n";
  }
  paths.erase(paths.size() - 3);  // the last "|\"
  return "  local at='' fitting='' files='' value='' word\n"
         "  for word in " +
         before +
         "; do\n"
         "    case \"${at:+$at }$word\" in\n" +
         paths +
         ") at=\"${at:+$at }$word\" ;;\n"
         "    esac\n"
         "  done\n"
         "  case \"$at:$previous\" in\n" +
         values +
         "    *) ;;\n"
         "  esac\n"
         "  [ -n \"$files$value\" ] || case \"$at\" in\n" +
         fitting + "  esac\n";
}

}  // namespace

std::string bash_completion(const std::vector<CommandWords>& commands) {
  return "# bash completion of mosaic; load it with: source <(mosaic completion bash)\n"
         "_mosaic() {\n"
         "  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}\n" +
         walk(commands, "\"${COMP_WORDS[@]:1:COMP_CWORD-1}\"") +
         "  mapfile -t COMPREPLY < <(compgen -W \"$fitting\" -- \"$current\")\n"
         "  [ -z \"$files\" ] || {\n"
         "    compopt -o filenames 2>/dev/null\n"
         "    mapfile -t -O \"${#COMPREPLY[@]}\" COMPREPLY < <(compgen -f -- \"$current\")\n"
         "  }\n"
         "}\n"
         "complete -F _mosaic mosaic\n";
}

std::string zsh_completion(const std::vector<CommandWords>& commands) {
  std::string body = walk(commands, "\"${(@)typed[2,place-1]}\"");
  return "#compdef mosaic\n"
         "# zsh completion of mosaic; load it with: source <(mosaic completion zsh)\n"
         "_mosaic() {\n"
         "  local -a typed=(\"${words[@]}\")\n"
         "  local place=$CURRENT previous=\"${words[CURRENT-1]}\"\n"
         "  _mosaic_words\n"
         "}\n"
         "_mosaic_words() {\n" +
         body +
         "  compadd -- ${=fitting}\n"
         "  [ -z \"$files\" ] || _files\n"
         "}\n"
         "compdef _mosaic mosaic\n";
}

std::string fish_completion(const std::vector<CommandWords>& commands) {
  std::string text =
      "# fish completion of mosaic; load it with: mosaic completion fish | source\n"
      "function __mosaic_at\n"
      "  set -l path\n"
      "  for word in (commandline -opc)[2..-1]\n"
      "    string match -q -- '-*' $word; and continue\n"
      "    set -l longer (string join ' ' $path $word)\n"
      "    contains -- $longer $__mosaic_commands; and set path $longer\n"
      "  end\n"
      "  test \"$path\" = \"$argv[1]\"\n"
      "end\n"
      "set -g __mosaic_commands";
  for (const auto& command : commands) {
    if (!command.path.empty()) text += " " + in_quotes(command.path);
  }
  text += "\ncomplete -c mosaic -f\n";
  std::map<std::string, std::string> what;
  for (const auto& command : commands) what[command.path] = command.what;
  for (const auto& command : commands) {
    const std::string at =
        "complete -c mosaic -n " + in_quotes("__mosaic_at " + in_quotes(command.path));
    for (const auto& name : command.subcommands) {
      const auto path = command.path + (command.path.empty() ? "" : " ") + name;
      text += at + " -a " + in_quotes(name) + " -d " + in_quotes(what[path]) + "\n";
    }
    if (!command.choices.empty()) text += at + " -a " + in_quotes(joined(command.choices)) + "\n";
    if (command.takes_file) text += at + " -F\n";
    for (const auto& option : command.options) {
      text += at;
      for (const auto& name : option.names)
        text += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
      if (option.takes_value) text += option.takes_file ? " -r -F" : " -x";
      if (!option.choices.empty()) text += " -a " + in_quotes(joined(option.choices));
      text += " -d " + in_quotes(option.what) + "\n";
    }
  }
  return text;
}

}  // namespace mosaic::cli
