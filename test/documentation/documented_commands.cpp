#include "test/documentation/documented_commands.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>
#include <stdexcept>

#include "test/checkout.hpp"

namespace mosaic::test {
namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

bool ends_a_command(const std::string& word) {
  static const std::vector<std::string> ends{"|", "||", "&&", ";", ">", ">>", "<", "&"};
  return std::find(ends.begin(), ends.end(), word) != ends.end();
}

// As a shell splits it, as far as these pages need: quotes, and a comment that begins with a word.
struct Split {
  std::vector<std::string> words;
  std::size_t comment = std::string::npos;  // where it begins
};

Split split(const std::string& text) {
  Split found;
  std::string word;
  bool in_word = false;
  char quote = 0;
  for (std::size_t place = 0; place < text.size(); ++place) {
    const char c = text[place];
    if (quote != 0) {
      if (c == quote)
        quote = 0;
      else
        word.push_back(c);
    } else if (c == '\'' || c == '"') {
      quote = c;
      in_word = true;
    } else if (c == ' ' || c == '\t') {
      if (in_word) found.words.push_back(word);
      word.clear();
      in_word = false;
    } else if (c == '#' && !in_word) {
      found.comment = place;
      break;
    } else {
      word.push_back(c);
      in_word = true;
    }
  }
  if (in_word) found.words.push_back(word);
  return found;
}

DocumentedCommand command_from(const std::string& document, int line, const std::string& text) {
  DocumentedCommand command{document, line, {}, {}};
  const auto parts = split(text);
  command.text = text.substr(0, parts.comment);
  command.text.erase(command.text.find_last_not_of(" \t") + 1);
  for (const auto& word : parts.words) {
    if (ends_a_command(word)) break;
    command.words.push_back(word);
  }
  // NAME=VALUE before it is its environment.
  static const std::regex assignment("[A-Z_]+=.*");
  while (command.words.size() > 1 && std::regex_match(command.words.front(), assignment))
    command.words.erase(command.words.begin());
  return command;
}

}  // namespace

std::vector<std::string> documents() {
  std::vector<std::string> found{"README.md"};
  for (const auto& entry : std::filesystem::directory_iterator(source_folder() + "/docs")) {
    if (entry.path().extension() == ".md")
      found.push_back("docs/" + entry.path().filename().string());
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::string text_of(const std::string& document) {
  std::ifstream file(source_folder() + "/" + document);
  std::ostringstream text;
  text << file.rdbuf();
  if (text.str().empty()) throw std::runtime_error("nothing to read in " + document);
  return text.str();
}

std::vector<DocumentedCommand> fenced_commands(const std::string& document) {
  std::vector<DocumentedCommand> found;
  bool inside = false;
  int number = 0;
  std::string begun;  // a line that a backslash continues
  for (const auto& line : lines_of(text_of(document))) {
    ++number;
    if (line.starts_with("```")) {
      inside = !inside && line == "```sh";
      continue;
    }
    if (!inside) continue;
    begun += line;
    if (begun.ends_with('\\')) {
      begun.pop_back();
      continue;
    }
    auto command = command_from(document, number, begun);
    begun.clear();
    if (!command.words.empty()) found.push_back(std::move(command));
  }
  return found;
}

std::vector<DocumentedCommand> mentioned_commands(const std::string& document) {
  std::vector<DocumentedCommand> found;
  int number = 0;
  static const std::regex span("`(mosaic(?: [^`]*)?)`");
  for (const auto& line : lines_of(text_of(document))) {
    ++number;
    for (auto match = std::sregex_iterator(line.begin(), line.end(), span);
         match != std::sregex_iterator(); ++match)
      found.push_back(command_from(document, number, (*match)[1]));
  }
  return found;
}

}  // namespace mosaic::test
