#include "api/query.hpp"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

namespace mosaic {
namespace {

constexpr std::size_t max_value_bytes = 256;

std::optional<std::string> decoded(std::string_view text) {
  std::string with_blanks(text);
  std::replace(with_blanks.begin(), with_blanks.end(), '+', ' ');
  return percent_decoded(with_blanks);
}

bool is_plain_text(const std::string& text) {
  const bool has_control = std::any_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  });
  if (has_control || text.size() > max_value_bytes) return false;
  // The parser knows what UTF-8 is: quotes and backslashes aside, a text is valid when its literal is.
  std::string literal = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') literal.push_back('\\');
    literal.push_back(c);
  }
  return nlohmann::json::accept(literal + "\"");
}

}  // namespace

Query::Query(const Request& request) {
  std::string_view rest = request.query;
  while (!rest.empty()) {
    const auto end = rest.find('&');
    const auto pair = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    if (pair.empty()) continue;
    const auto equals = pair.find('=');
    const auto name = decoded(pair.substr(0, equals));
    const auto value =
        equals == std::string_view::npos ? std::string() : decoded(pair.substr(equals + 1));
    if (!name || !value || !is_plain_text(*name) || !is_plain_text(*value)) {
      complaints_.push_back({"query", "must be percent-encoded UTF-8 of at most 256 bytes each"});
      read_.insert(name.value_or(""));
    } else if (!values_.emplace(*name, *value).second) {
      complaints_.push_back({"query." + *name, "is given twice; give it once"});
    }
  }
}

std::optional<std::string> Query::text(const std::string& name) {
  read_.insert(name);
  const auto found = values_.find(name);
  if (found == values_.end() || found->second.empty()) return std::nullopt;
  return found->second;
}

std::optional<std::int64_t> Query::number(const std::string& name, std::int64_t least,
                                          std::int64_t most) {
  const auto value = text(name);
  if (!value) return std::nullopt;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(value->data(), value->data() + value->size(), number);
  if (error != std::errc() || end != value->data() + value->size() || number < least ||
      number > most) {
    complain(name, "must be a whole number from " + std::to_string(least) + " to " +
                       std::to_string(most));
    return std::nullopt;
  }
  return number;
}

bool Query::flag(const std::string& name) {
  const auto value = text(name);
  if (!value) return false;
  if (*value != "true" && *value != "false") complain(name, "must be true or false");
  return *value == "true";
}

Page Query::page() {
  Page page;
  page.limit = static_cast<int>(number("limit", 1, 200).value_or(page.limit));
  page.after = text("after").value_or("");
  return page;
}

void Query::complain(const std::string& name, std::string message) {
  complaints_.push_back({"query." + name, std::move(message)});
}

std::optional<Response> Query::finish() {
  for (const auto& [name, value] : values_) {
    if (!read_.contains(name))
      complain(name.substr(0, 64), "is no parameter of this path; remove it");
  }
  if (complaints_.empty()) return std::nullopt;
  return field_problems(complaints_);
}

}  // namespace mosaic
