#include "test/fuzz/fuzz.hpp"

#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>

namespace mosaic::test {

void require(bool held, std::string_view rule) {
  if (held) return;
  std::fprintf(stderr, "not held: %.*s\n", static_cast<int>(rule.size()), rule.data());
  std::abort();
}

std::string_view take_line(std::string_view& rest) {
  const auto end = rest.find('\n');
  const auto line = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  return line;
}

std::vector<std::string_view> in_pieces(std::string_view text, std::string_view lengths) {
  std::vector<std::size_t> cuts;
  std::size_t length = 0;
  for (const char c : lengths) {
    const bool digit = c >= '0' && c <= '9';
    if (digit && length < 100) length = length * 10 + static_cast<std::size_t>(c - '0');
    if (digit) continue;
    if (length > 0) cuts.push_back(length);
    length = 0;
  }
  if (length > 0) cuts.push_back(length);
  if (cuts.empty()) cuts.push_back(text.size());
  std::vector<std::string_view> pieces;
  for (std::size_t next = 0; !text.empty(); next = (next + 1) % cuts.size()) {
    pieces.push_back(text.substr(0, cuts[next]));
    text.remove_prefix(pieces.back().size());
  }
  return pieces;
}

bool is_utf8(std::string_view text) {
  try {
    return !nlohmann::json(std::string(text)).dump().empty();
  } catch (const nlohmann::json::type_error&) {
    return false;  // its way to say so
  }
}

}  // namespace mosaic::test
