#include "telemetry/redactor.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>

namespace mosaic {
namespace {

// Keep what lies before `begin`, mask what lies before `end`.
struct Match {
  std::size_t begin;
  std::size_t end;
};

constexpr std::size_t min_hex_digits = 64;
constexpr std::size_t min_encrypted_characters = 8;
constexpr std::size_t min_credential_characters = 6;

struct KeyPrefix {
  std::string_view prefix;
  std::size_t min_rest;
};
constexpr std::array<KeyPrefix, 10> key_prefixes{{{"sk-", 8},
                                                  {"mos_", 8},
                                                  {"eyJ", 16},
                                                  {"ghp_", 16},
                                                  {"github_pat_", 16},
                                                  {"gsk_", 16},
                                                  {"hf_", 16},
                                                  {"xox", 10},
                                                  {"AKIA", 12},
                                                  {"AIza", 16}}};

// Endings of names, in lower case and without '_' and '-', whose values are secrets.
constexpr std::array<std::string_view, 11> secret_names{
    "password",  "passwd",     "passphrase", "secret",     "token",      "apikey",
    "secretkey", "privatekey", "accesskey",  "credential", "credentials"};
// These carry several words.
constexpr std::array<std::string_view, 3> secret_line_names{"authorization", "cookie", "setcookie"};

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool is_alphanumeric(char c) { return is_lower(lower(c)) || is_digit(c); }
bool is_name(char c) { return is_alphanumeric(c) || c == '_' || c == '-'; }
bool is_hex(char c) { return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'f'); }
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_quote(char c) { return c == '"' || c == '\'' || c == '`'; }
bool is_token(char c) {
  return is_name(c) || c == '.' || c == '~' || c == '+' || c == '/' || c == '=';
}
bool ends_url(char c) { return is_space(c) || is_quote(c) || c == '<' || c == '>'; }
bool ends_value(char c) {
  return is_space(c) || is_quote(c) || c == ',' || c == ';' || c == '&' || c == '}' || c == ')' ||
         c == ']';
}

template <typename Predicate>
std::size_t end_of_run(std::string_view text, std::size_t begin, Predicate belongs) {
  while (begin < text.size() && belongs(text[begin])) ++begin;
  return begin;
}

bool starts_with_ignoring_case(std::string_view text, std::string_view word) {
  return text.size() >= word.size() && std::equal(word.begin(), word.end(), text.begin(),
                                                  [](char a, char b) { return a == lower(b); });
}

std::optional<Match> match_encrypted(std::string_view text, std::size_t at) {
  if (!text.substr(at).starts_with("enc:")) return std::nullopt;
  const std::size_t begin = at + 4;
  const std::size_t end = end_of_run(text, begin, is_token);
  if (end - begin < min_encrypted_characters) return std::nullopt;
  return Match{begin, end};
}

std::optional<Match> match_credential(std::string_view text, std::size_t at) {
  for (const std::string_view scheme : {"bearer ", "basic "}) {
    if (!starts_with_ignoring_case(text.substr(at), scheme)) continue;
    const std::size_t begin = at + scheme.size();
    const std::size_t end = end_of_run(text, begin, is_token);
    const std::string_view credential = text.substr(begin, end - begin);
    if (credential.size() < min_credential_characters) return std::nullopt;
    // "basic" is also a plain word of English; what follows it is a credential only when it does
    // not look like one.
    if (scheme == "basic " && std::all_of(credential.begin(), credential.end(), is_lower))
      return std::nullopt;
    return Match{begin, end};
  }
  return std::nullopt;
}

std::optional<Match> match_hex(std::string_view text, std::size_t at) {
  if (!is_hex(text[at]) || (at > 0 && is_hex(text[at - 1]))) return std::nullopt;
  const std::size_t end = end_of_run(text, at, is_hex);
  if (end - at < min_hex_digits) return std::nullopt;
  if (end - at == min_hex_digits && text.substr(0, at).ends_with("sha256:")) return std::nullopt;
  return Match{at, end};
}

std::optional<Match> match_key_prefix(std::string_view text, std::size_t at) {
  for (const auto& [prefix, min_rest] : key_prefixes) {
    if (!text.substr(at).starts_with(prefix)) continue;
    const std::size_t begin = at + prefix.size();
    const std::size_t end = end_of_run(text, begin, [](char c) { return is_name(c) || c == '.'; });
    if (end - begin >= min_rest) return Match{begin, end};
  }
  return std::nullopt;
}

template <std::size_t Count>
bool is_named_like(std::string_view name, const std::array<std::string_view, Count>& endings) {
  std::string plain;
  for (const char c : name) {
    if (is_alphanumeric(c)) plain.push_back(lower(c));
  }
  return std::any_of(endings.begin(), endings.end(),
                     [&plain](std::string_view end) { return plain.ends_with(end); });
}

// name=value, name: value, "name": "value", and the same inside a quoted text (\"name\":
// \"value\").
std::optional<Match> match_named_value(std::string_view text, std::size_t at) {
  if (!is_name(text[at]) || (at > 0 && is_name(text[at - 1]))) return std::nullopt;
  const std::size_t name_end = end_of_run(text, at, is_name);
  const std::string_view name = text.substr(at, name_end - at);
  const bool whole_line = is_named_like(name, secret_line_names);
  if (!whole_line && !is_named_like(name, secret_names)) return std::nullopt;

  const auto is_quoting = [](char c) { return is_quote(c) || c == '\\' || c == ' '; };
  const std::size_t sign = end_of_run(text, name_end, is_quoting);
  if (sign == text.size() || (text[sign] != '=' && text[sign] != ':')) return std::nullopt;
  const std::size_t begin = end_of_run(text, sign + 1, is_quoting);
  const bool quoted = begin > sign + 1 && is_quote(text[begin - 1]);
  const std::size_t end = end_of_run(text, begin, [quoted, whole_line](char c) {
    if (quoted) return !is_quote(c);
    return whole_line ? c != '\n' && c != '\r' && !is_quote(c) : !ends_value(c);
  });
  if (end == begin) return std::nullopt;
  return Match{begin, end};
}

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  std::optional<Match> match(std::size_t at) {
    if (const auto match = match_hex(text_, at)) return match;
    if (const auto match = match_user_info(at)) return match;
    if (at > 0 && is_alphanumeric(text_[at - 1])) return std::nullopt;
    if (const auto match = match_encrypted(text_, at)) return match;
    if (const auto match = match_credential(text_, at)) return match;
    if (const auto match = match_key_prefix(text_, at)) return match;
    return match_named_value(text_, at);
  }

 private:
  std::optional<Match> match_user_info(std::size_t at) {
    if (at < searched_for_at_sign_ || !text_.substr(at).starts_with("://")) return std::nullopt;
    const std::size_t begin = at + 3;
    const std::size_t url_end = end_of_run(text_, begin, [](char c) { return !ends_url(c); });
    // The last '@', as people do not escape the ones (nor the slashes) in their passwords.
    const std::size_t length = text_.substr(begin, url_end - begin).rfind('@');
    searched_for_at_sign_ = url_end;
    if (length == std::string_view::npos || length == 0) return std::nullopt;
    return Match{begin, begin + length};
  }

  std::string_view text_;
  // No '@' that has not been masked lies before this; keeps the scan of hostile texts linear.
  std::size_t searched_for_at_sign_ = 0;
};

}  // namespace

std::string Redactor::redact(std::string_view text) const {
  std::string redacted;
  redacted.reserve(text.size());
  Scanner scanner(text);
  std::size_t at = 0;
  while (at < text.size()) {
    const auto match = scanner.match(at);
    if (!match) {
      redacted.push_back(text[at++]);
      continue;
    }
    redacted.append(text.substr(at, match->begin - at));
    redacted.append(mask);
    at = match->end;
  }
  return redacted;
}

}  // namespace mosaic
