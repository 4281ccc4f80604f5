#include "model/account.hpp"

#include <array>

namespace mosaic {
namespace {

constexpr std::array all_scopes{Scope::chat, Scope::read, Scope::write, Scope::admin};

}  // namespace

std::string_view to_string(Role role) { return role == Role::admin ? "admin" : "user"; }

std::optional<Role> parse_role(std::string_view word) {
  if (word == "admin") return Role::admin;
  if (word == "user") return Role::user;
  return std::nullopt;
}

std::string_view to_string(AccountSource source) {
  return source == AccountSource::oidc ? "oidc" : "breakglass";
}

std::optional<AccountSource> parse_account_source(std::string_view word) {
  if (word == "oidc") return AccountSource::oidc;
  if (word == "breakglass") return AccountSource::breakglass;
  return std::nullopt;
}

std::string_view to_string(Scope scope) {
  switch (scope) {
    case Scope::chat:
      return "chat";
    case Scope::read:
      return "read";
    case Scope::write:
      return "write";
    case Scope::admin:
      return "admin";
  }
  return "read";
}

std::optional<Scope> parse_scope(std::string_view word) {
  for (const Scope scope : all_scopes) {
    if (to_string(scope) == word) return scope;
  }
  return std::nullopt;
}

std::string to_string(Scopes scopes) {
  std::string words;
  for (const Scope scope : all_scopes) {
    if (!scopes.has(scope)) continue;
    if (!words.empty()) words += ' ';
    words += to_string(scope);
  }
  return words;
}

std::optional<Scopes> parse_scopes(std::string_view words) {
  Scopes scopes;
  while (!words.empty()) {
    const auto blank = words.find(' ');
    const auto scope = parse_scope(words.substr(0, blank));
    if (!scope) return std::nullopt;
    scopes.add(*scope);
    words = blank == std::string_view::npos ? std::string_view() : words.substr(blank + 1);
  }
  return scopes;
}

}  // namespace mosaic
