#include "agent_config/literal_text.hpp"

#include <algorithm>
#include <array>

namespace mosaic {
namespace {

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_environment_name(std::string_view text) {
  return !text.empty() && (is_upper(text.front()) || text.front() == '_') &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return is_upper(c) || is_digit(c) || c == '_'; });
}

// Does "${NAME}" begin at `position`?
bool is_reference_at(std::string_view text, std::size_t position) {
  if (text.substr(position, 2) != "${") return false;
  const auto end = text.find('}', position + 2);
  return end != std::string_view::npos &&
         is_environment_name(text.substr(position + 2, end - position - 2));
}

// After the configuration is read, a key that consists of a reference alone is looked up again, so
// no escape helps.
bool is_whole_reference(std::string_view key) {
  if (!key.starts_with('$')) return false;
  const auto name = key.substr(1);
  return is_environment_name(name) || (name.starts_with('{') && name.ends_with('}') &&
                                       is_environment_name(name.substr(1, name.size() - 2)));
}

// Words that OpenClaw keeps in the place of a key to mean "the credential is elsewhere".
bool is_marker(std::string_view key) {
  constexpr std::array<std::string_view, 4> prefixes{
      "oauth:", "secretref-env:", "secretref-managed", "__env__:"};
  constexpr std::array<std::string_view, 5> words{"custom-local", "codex-app-server",
                                                  "gcp-vertex-credentials", "ollama-local",
                                                  "minimax-oauth"};
  return std::any_of(prefixes.begin(), prefixes.end(),
                     [&](auto prefix) { return key.starts_with(prefix); }) ||
         std::find(words.begin(), words.end(), key) != words.end();
}

// A key equal to a variable's name is replaced by that variable. Real keys of capitals alone are
// long and have no underscore; names of variables are short or have one.
bool looks_like_environment_name(std::string_view key) {
  return is_environment_name(key) && (key.size() < 16 || key.find('_') != std::string_view::npos);
}

}  // namespace

std::string escape_environment_references(std::string_view text) {
  std::string escaped;
  escaped.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_reference_at(text, i)) escaped.push_back('$');
    escaped.push_back(text[i]);
  }
  return escaped;
}

std::optional<std::string> why_not_literal_key(std::string_view key) {
  if (key.empty()) return "is empty";
  if (key.size() > 8192) return "is longer than 8192 characters";
  if (!std::all_of(key.begin(), key.end(), [](char c) { return c > ' ' && c < 0x7f; })) {
    return "contains blanks, control characters or characters outside ASCII";
  }
  if (key.starts_with('!')) return "begins with \"!\", which OpenClaw would run as a command";
  if (is_whole_reference(key) || looks_like_environment_name(key)) {
    return "is the name of an environment variable instead of a key";
  }
  if (is_marker(key)) return "is a word that OpenClaw reserves";
  return std::nullopt;
}

std::string in_quotes(std::string_view text) {
  constexpr std::size_t limit = 80;
  std::string result = "\"";
  for (const char c : text.substr(0, limit)) {
    const auto byte = static_cast<unsigned char>(c);
    result.push_back(byte < 0x20 || byte == 0x7f || c == '"' || c == '\\' ? '?' : c);
  }
  if (text.size() > limit) {
    // Not in the middle of a UTF-8 character.
    while (result.size() > 1 && (static_cast<unsigned char>(result.back()) & 0xC0) == 0x80)
      result.pop_back();
    if (static_cast<unsigned char>(result.back()) >= 0xC0) result.pop_back();
    result += "…";
  }
  return result + "\"";
}

}  // namespace mosaic
