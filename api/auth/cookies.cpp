#include "api/auth/cookies.hpp"

namespace mosaic {
namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

}  // namespace

std::string cookie_name(std::string_view name, bool secure) {
  return (secure ? "__Host-" : "") + std::string(name);
}

std::optional<std::string> read_cookie(const Request& request, std::string_view full_name) {
  std::optional<std::string> found;
  for (const auto& field : request.fields) {
    if (field.name != "cookie") continue;
    std::string_view rest = field.value;
    while (!rest.empty()) {
      const auto semicolon = rest.find(';');
      const auto pair = trimmed(rest.substr(0, semicolon));
      rest = semicolon == std::string_view::npos ? std::string_view() : rest.substr(semicolon + 1);
      const auto equals = pair.find('=');
      if (equals == std::string_view::npos || pair.substr(0, equals) != full_name) continue;
      if (found) return std::nullopt;
      found = std::string(pair.substr(equals + 1));
    }
  }
  return found;
}

std::string write_cookie(std::string_view name, bool secure, std::string_view value,
                         std::chrono::seconds max_age) {
  return cookie_name(name, secure) + "=" + std::string(value) +
         "; Path=/; Max-Age=" + std::to_string(max_age.count()) + "; HttpOnly; SameSite=Lax" +
         (secure ? "; Secure" : "");
}

std::string end_cookie(std::string_view name, bool secure) {
  return write_cookie(name, secure, "", std::chrono::seconds(0));
}

void add_cookie(Response& response, std::string set_cookie) {
  response.fields.push_back({"Set-Cookie", std::move(set_cookie)});
}

}  // namespace mosaic
