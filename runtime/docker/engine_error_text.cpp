#include "runtime/docker/engine_error_text.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <nlohmann/json.hpp>

namespace mosaic {
namespace {

constexpr std::string_view removed = "[removed]";
constexpr std::size_t secret_length = 32;

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}
bool is_digit(char c) { return c >= '0' && c <= '9'; }
// "-" and "." are left out on purpose: names of ours are long words with hyphens.
bool is_secret_character(char c) { return (is_word(c) && c != '_') || c == '+' || c == '='; }

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

void remove_known(std::string& text, const std::vector<std::string>& secrets) {
  for (const std::string& secret : secrets) {
    if (secret.size() < 4) continue;
    for (auto at = text.find(secret); at != std::string::npos;
         at = text.find(secret, at + removed.size())) {
      text.replace(at, secret.size(), removed);
    }
  }
}

// Long runs of letters and digits are tokens, hashes or keys: none is missed by a reader.
void remove_long_runs(std::string& text) {
  std::size_t begin = 0;
  while (begin < text.size()) {
    std::size_t end = begin;
    bool digit = false;
    while (end < text.size() && is_secret_character(text[end]))
      digit = is_digit(text[end++]) || digit;
    if (digit && end - begin >= secret_length) {
      text.replace(begin, end - begin, removed);
      end = begin + removed.size();
    }
    begin = end + 1;
  }
}

bool names_a_secret(std::string_view variable) {
  const std::string name = lower_case(variable);
  constexpr std::array<std::string_view, 6> words{"token", "key",        "secret",
                                                  "passw", "credential", "auth"};
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return contains(name, word); });
}

// NAME=value and sk-… of providers.
void remove_assignments(std::string& text) {
  for (auto equals = text.find('='); equals != std::string::npos;
       equals = text.find('=', equals + 1)) {
    std::size_t name = equals;
    while (name > 0 && is_word(text[name - 1])) --name;
    if (!names_a_secret(std::string_view(text).substr(name, equals - name))) continue;
    const std::size_t end = std::min(text.find_first_of(" \t,;\"'])}", equals + 1), text.size());
    text.replace(equals + 1, end - equals - 1, removed);
  }
  for (auto at = text.find("sk-"); at != std::string::npos;
       at = text.find("sk-", at + removed.size())) {
    std::size_t end = at + 3;
    while (end < text.size() && (is_word(text[end]) || text[end] == '-')) ++end;
    const bool begins_word = at == 0 || !is_word(text[at - 1]);
    if (begins_word && end - at >= 11) text.replace(at, end - at, removed);
  }
}

// One printable line; cut before a character of several bytes rather than within it.
void make_one_line(std::string& text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  while (!text.empty() && text.back() == ' ') text.pop_back();
  if (text.size() <= longest_error_text) return;
  constexpr std::string_view dots = "...";
  std::size_t end = longest_error_text - dots.size();
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  text.resize(end);
  text.append(dots);
}

std::string message_of(std::string_view body) {
  const auto parsed = nlohmann::json::parse(body, nullptr, false);
  if (parsed.is_object()) {
    const auto message = parsed.find("message");
    if (message != parsed.end() && message->is_string()) return message->get<std::string>();
  }
  return std::string(body);
}

EngineErrorKind kind_of_status(int status) {
  switch (status) {
    case 403:
      return EngineErrorKind::refused;
    case 404:
      return EngineErrorKind::not_found;
    case 409:
      return EngineErrorKind::conflict;
    default:
      return status >= 500 ? EngineErrorKind::failed : EngineErrorKind::refused;
  }
}

struct Verdict {
  EngineErrorKind kind;
  std::string_view advice;  // empty: the engine's words say enough
};

// Texts are the engine's own; statuses alone do not tell these apart.
Verdict judge(int status, std::string_view text) {
  if (contains(text, "no space left on device") || contains(text, "disk quota exceeded")) {
    return {EngineErrorKind::disk_full,
            "the engine's disk is full: free some (docker system df), nothing is lost"};
  }
  if (contains(text, "non-overlapping ipv4 address pool") ||
      contains(text, "no available network")) {
    return {EngineErrorKind::subnets_exhausted,
            "the engine has no address range left: remove unused networks"};
  }
  if (contains(text, "no such image") || contains(text, "manifest unknown") ||
      contains(text, "repository does not exist")) {
    return {EngineErrorKind::image_missing, {}};
  }
  if (contains(text, "cannot allocate memory") || contains(text, "out of memory") ||
      contains(text, "memory limit too low")) {
    return {EngineErrorKind::out_of_memory, "the host has no memory left for it"};
  }
  if (contains(text, "active endpoints")) return {EngineErrorKind::conflict, {}};
  if (status == 401 || (status == 403 && contains(text, "authorization"))) {
    return {EngineErrorKind::permission_denied,
            "the engine does not let us: check its authorization plugin"};
  }
  return {kind_of_status(status), {}};
}

}  // namespace

std::string scrub(std::string_view text, const std::vector<std::string>& secrets) {
  // An engine's text may be megabytes; what is kept fits in the first few kilobytes.
  std::string line(text.substr(0, 16 * 1024));
  remove_known(line, secrets);
  remove_assignments(line);
  remove_long_runs(line);
  make_one_line(line);
  return line;
}

EngineError classify_answer(std::string_view doing, int status, std::string_view body,
                            const std::vector<std::string>& secrets) {
  const std::string message = message_of(body);
  const Verdict verdict = judge(status, lower_case(message));
  std::string line = "cannot ";
  line.append(doing).append(": ");
  if (!verdict.advice.empty()) line.append(verdict.advice).append(" - ");
  line.append(message.empty() ? "the engine answered " + std::to_string(status) : message);
  return EngineError(verdict.kind, scrub(line, secrets));
}

EngineError classify_transport(std::string_view doing, const HttpError& error,
                               std::string_view engine_url) {
  const std::string url(engine_url);
  const std::string what = "cannot " + std::string(doing) + ": ";
  switch (error.kind()) {
    case HttpErrorKind::cannot_connect:
      if (error.error_number() == EACCES || error.error_number() == EPERM) {
        return EngineError(
            EngineErrorKind::permission_denied,
            "no permission on " + url + ": add the user to the docker group or run as root");
      }
      return EngineError(EngineErrorKind::unavailable, "cannot reach the Docker engine at " + url +
                                                           ": is it running? (" + error.what() +
                                                           "; start it, or set DOCKER_HOST)");
    case HttpErrorKind::tls:
      return EngineError(EngineErrorKind::unavailable,
                         "no trusted connection to the Docker engine at " + url + ": " +
                             error.what() + "; check the files in DOCKER_CERT_PATH");
    case HttpErrorKind::time_up:
      return EngineError(
          EngineErrorKind::unavailable,
          what + "the Docker engine at " + url + " did not answer in time (it may still do it)");
    case HttpErrorKind::interrupted:
      return EngineError(EngineErrorKind::unavailable, what + "interrupted");
    case HttpErrorKind::closed:
    case HttpErrorKind::malformed:
    case HttpErrorKind::too_large:
      break;
  }
  return EngineError(EngineErrorKind::unavailable,
                     what + "the Docker engine at " + url + ": " + error.what());
}

}  // namespace mosaic
