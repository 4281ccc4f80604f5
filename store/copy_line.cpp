#include "store/copy_line.hpp"

namespace mosaic {
namespace {

char unescaped(char letter) {
  switch (letter) {
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'v':
      return '\v';
    default:
      return letter;
  }
}

}  // namespace

void split_copy_line(std::string& line, std::vector<std::optional<std::string_view>>& fields) {
  fields.clear();
  if (line.ends_with('\n')) line.pop_back();
  std::size_t write = 0;
  std::size_t begin = 0;
  bool null = false;
  for (std::size_t read = 0; read < line.size(); ++read) {
    const char character = line[read];
    if (character == '\t') {
      fields.push_back(null ? std::nullopt
                            : std::optional(std::string_view(line.data() + begin, write - begin)));
      begin = write;
      null = false;
    } else if (character == '\\' && read + 1 < line.size()) {
      ++read;
      if (line[read] == 'N') {
        null = true;
      } else {
        line[write++] = unescaped(line[read]);
      }
    } else {
      line[write++] = character;
    }
  }
  fields.push_back(null ? std::nullopt
                        : std::optional(std::string_view(line.data() + begin, write - begin)));
}

}  // namespace mosaic
