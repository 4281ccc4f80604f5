#include "api/auth/api_token.hpp"

#include <algorithm>
#include <array>

#include "api/http_message.hpp"
#include "secrets/token.hpp"

namespace mosaic {
namespace {

constexpr std::string_view prefix = "mos_";
constexpr std::size_t id_characters = 25;
constexpr std::size_t secret_characters = 64;

constexpr auto is_id_character = [](char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
};
constexpr auto is_hex_character = [](char c) {
  return (c >= 'a' && c <= 'f') || (c >= '0' && c <= '9');
};

}  // namespace

ApiTokenText new_api_token() { return {random_id(), generate_token()}; }

std::string to_string(const ApiTokenText& token) {
  return std::string(prefix) + token.id + "_" + token.secret;
}

std::optional<ApiTokenText> parse_api_token(std::string_view text) {
  if (text.size() != prefix.size() + id_characters + 1 + secret_characters ||
      !text.starts_with(prefix) || text[prefix.size() + id_characters] != '_')
    return std::nullopt;
  const auto id = text.substr(prefix.size(), id_characters);
  const auto secret = text.substr(prefix.size() + id_characters + 1);
  if (!std::all_of(id.begin(), id.end(), is_id_character) ||
      !std::all_of(secret.begin(), secret.end(), is_hex_character))
    return std::nullopt;
  return ApiTokenText{std::string(id), std::string(secret)};
}

bool query_has_credential(std::string_view query) {
  constexpr std::array<std::string_view, 8> names{
      "access_token", "token",     "api_key",       "apikey",
      "api-key",      "api_token", "authorization", "x-mosaic-setup-token"};
  while (!query.empty()) {
    const auto ampersand = query.find_first_of("&;");
    const auto pair = query.substr(0, ampersand);
    query = ampersand == std::string_view::npos ? std::string_view() : query.substr(ampersand + 1);
    const auto decoded = percent_decoded(pair).value_or(std::string(pair));
    if (decoded.find(prefix) != std::string::npos) return true;
    const auto name = lower_case(decoded.substr(0, decoded.find('=')));
    if (std::find(names.begin(), names.end(), name) != names.end()) return true;
  }
  return false;
}

}  // namespace mosaic
