#include "api/http_fields.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace mosaic {
namespace {

constexpr std::size_t max_length_digits = 15;  // far above any limit, far below overflow

// What a character of a field's name is in lower case; NUL for what cannot be in a name.
constexpr std::array<char, 256> make_name_characters() {
  std::array<char, 256> table{};
  for (const char c : std::string_view("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"))
    table[static_cast<unsigned char>(c)] = c;
  for (char c = 'A'; c <= 'Z'; ++c)
    table[static_cast<unsigned char>(c)] = static_cast<char>(c - 'A' + 'a');
  return table;
}
constexpr auto name_characters = make_name_characters();

constexpr std::array<bool, 256> make_value_characters() {
  std::array<bool, 256> table{};
  for (std::size_t c = 0x20; c < table.size(); ++c) table[c] = c != 0x7f;
  table['\t'] = true;
  return table;
}
constexpr auto value_characters = make_value_characters();

constexpr auto is_value_character = [](char c) {
  return value_characters[static_cast<unsigned char>(c)];
};

constexpr auto is_digit = [](char c) { return c >= '0' && c <= '9'; };

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

Rejection bad(std::string detail) {
  Rejection rejection;
  rejection.detail = std::move(detail);
  return rejection;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// False when it is no name.
bool read_name(std::string_view text, std::string& name) {
  name.resize(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    name[i] = name_characters[static_cast<unsigned char>(text[i])];
    if (name[i] == '\0') return false;
  }
  return true;
}

std::optional<Rejection> read_field(std::string_view line, std::vector<HttpField>& fields) {
  if (line.front() == ' ' || line.front() == '\t')
    return bad("A header field is continued on another line.");
  const auto colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) return bad("A header field has no name.");
  auto& field = fields.emplace_back();
  if (!read_name(line.substr(0, colon), field.name))
    return bad("The name of a header field is malformed.");
  const auto value = trimmed(line.substr(colon + 1));
  if (!std::all_of(value.begin(), value.end(), is_value_character))
    return bad("The value of a header field contains a control character.");
  field.value = value;
  return std::nullopt;
}

}  // namespace

std::optional<std::string_view> take_head_line(std::string_view& rest) {
  const auto end = rest.find('\n');
  if (end == std::string_view::npos || end == 0 || rest[end - 1] != '\r') return std::nullopt;
  const auto line = rest.substr(0, end - 1);
  if (line.find('\r') != std::string_view::npos || line.find('\0') != std::string_view::npos)
    return std::nullopt;
  rest.remove_prefix(end + 1);
  return line;
}

std::optional<Rejection> read_field_lines(std::string_view& rest, const HeadLimits& limits,
                                          std::vector<HttpField>& fields) {
  constexpr std::size_t usual_fields = 16;
  fields.reserve(usual_fields);
  while (true) {
    const auto line = take_head_line(rest);
    if (!line) return bad("A line of the header does not end properly.");
    if (line->empty()) break;
    if (fields.size() == limits.fields) {
      Rejection rejection = bad("There are too many header fields.");
      rejection.status = 431;
      return rejection;
    }
    if (auto rejection = read_field(*line, fields)) return rejection;
  }
  if (!rest.empty()) return bad("The header is malformed.");
  return std::nullopt;
}

FieldValues field_values(const std::vector<HttpField>& fields, std::string_view lower_case_name) {
  FieldValues values;
  for (const auto& field : fields) {
    if (field.name == lower_case_name && values.count++ == 0) values.first = field.value;
  }
  return values;
}

bool list_has(const std::vector<HttpField>& fields, std::string_view lower_case_name,
              std::string_view token) {
  for (const auto& field : fields) {
    if (field.name != lower_case_name) continue;
    std::string_view rest = field.value;
    while (!rest.empty()) {
      const auto comma = rest.find(',');
      const auto element = rest.substr(0, comma);
      if (equal_ignoring_case(trimmed(element.substr(0, element.find(';'))), token)) return true;
      rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
    }
  }
  return false;
}

bool is_hop_by_hop(const std::vector<HttpField>& fields, const HttpField& field) {
  constexpr std::array hop_by_hop = {"connection", "host",    "keep-alive",
                                     "te",         "trailer", "upgrade"};
  const auto names = [&](const char* name) { return field.name == name; };
  const bool framing = field.name == "content-length" || field.name == "transfer-encoding";
  return field.name.starts_with("proxy-") ||
         std::any_of(hop_by_hop.begin(), hop_by_hop.end(), names) ||
         (!framing && list_has(fields, "connection", field.name));
}

bool equal_ignoring_case(std::string_view left, std::string_view right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](char a, char b) { return lower(a) == lower(b); });
}

std::variant<BodyFraming, Rejection> read_body_framing(const std::vector<HttpField>& fields,
                                                       bool version_1_1) {
  const auto codings = field_values(fields, "transfer-encoding");
  const auto lengths = field_values(fields, "content-length");
  if (codings.count > 0 && lengths.count > 0)
    return bad("Content-Length and Transfer-Encoding exclude each other.");
  if (codings.count > 1 || (codings.count == 1 && !equal_ignoring_case(codings.first, "chunked"))) {
    return bad("The only transfer coding understood is a single \"chunked\".");
  }
  if (codings.count == 1 && !version_1_1) return bad("HTTP/1.0 knows no transfer codings.");
  BodyFraming framing;
  framing.chunked = codings.count == 1;
  if (lengths.count == 0) return framing;
  if (lengths.count > 1) return bad("There is more than one Content-Length field.");
  const auto digits = lengths.first;
  if (digits.empty() || digits.size() > max_length_digits ||
      !std::all_of(digits.begin(), digits.end(), is_digit)) {
    return bad("Content-Length must be a number of digits alone.");
  }
  std::uint64_t length = 0;
  for (const char c : digits) length = length * 10 + static_cast<std::uint64_t>(c - '0');
  framing.content_length = length;
  return framing;
}

}  // namespace mosaic
