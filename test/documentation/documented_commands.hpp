// The commands that README.md and docs/*.md tell people to type: those of blocks fenced as sh, one by one, and those
// that a sentence shows between backticks.
//
// Pure functions of the files.
#pragma once

#include <string>
#include <vector>

namespace mosaic::test {

struct DocumentedCommand {
  std::string file;  // from the repository's root
  int line = 0;
  std::string text;  // as it is typed, without its comment
  std::vector<std::string>
      words;  // of its first simple command: before a pipe, a redirection, a separator

  std::string where() const { return file + ":" + std::to_string(line) + ": " + text; }
};

// README.md and every page in docs/, sorted.
std::vector<std::string> documents();
std::string text_of(const std::string& document);

std::vector<DocumentedCommand> fenced_commands(const std::string& document);
// Those that begin with "mosaic ", or are that word alone.
std::vector<DocumentedCommand> mentioned_commands(const std::string& document);

}  // namespace mosaic::test
