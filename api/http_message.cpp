#include "api/http_message.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "api/http_fields.hpp"

namespace mosaic {
namespace {

constexpr std::array<std::pair<int, std::string_view>, 25> phrases{
    {{200, "OK"},
     {201, "Created"},
     {202, "Accepted"},
     {204, "No Content"},
     {303, "See Other"},
     {304, "Not Modified"},
     {400, "Bad Request"},
     {401, "Unauthorized"},
     {403, "Forbidden"},
     {404, "Not Found"},
     {405, "Method Not Allowed"},
     {407, "Proxy Authentication Required"},
     {408, "Request Timeout"},
     {409, "Conflict"},
     {411, "Length Required"},
     {412, "Precondition Failed"},
     {413, "Content Too Large"},
     {415, "Unsupported Media Type"},
     {417, "Expectation Failed"},
     {422, "Unprocessable Content"},
     {429, "Too Many Requests"},
     {431, "Request Header Fields Too Large"},
     {500, "Internal Server Error"},
     {502, "Bad Gateway"},
     {503, "Service Unavailable"}}};

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::optional<std::string_view> Request::field(std::string_view lower_case_name) const {
  std::optional<std::string_view> found;
  for (const auto& field : fields) {
    if (field.name != lower_case_name) continue;
    if (found) return std::nullopt;
    found = field.value;
  }
  return found;
}

bool Request::lists(std::string_view lower_case_name, std::string_view token) const {
  return list_has(fields, lower_case_name, token);
}

Response::Response(int response_status, std::string content_type, std::string response_body)
    : status(response_status), body(std::move(response_body)) {
  constexpr std::size_t usual_fields = 4;
  fields.reserve(usual_fields);
  set_field("Content-Type", std::move(content_type));
}

void Response::set_field(std::string_view name, std::string value) {
  for (auto& field : fields) {
    if (equal_ignoring_case(field.name, name)) {
      field.value = std::move(value);
      return;
    }
  }
  fields.push_back({std::string(name), std::move(value)});
}

const std::string* Response::find_field(std::string_view name) const {
  const auto found = std::find_if(fields.begin(), fields.end(), [&](const HttpField& field) {
    return equal_ignoring_case(field.name, name);
  });
  return found == fields.end() ? nullptr : &found->value;
}

std::string_view reason_phrase(int status) {
  const auto* found = std::find_if(phrases.begin(), phrases.end(),
                                   [&](const auto& entry) { return entry.first == status; });
  return found == phrases.end() ? "Unknown" : found->second;
}

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded.push_back(text[i]);
      continue;
    }
    if (i + 2 >= text.size() || hex_value(text[i + 1]) < 0 || hex_value(text[i + 2]) < 0)
      return std::nullopt;
    decoded.push_back(static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2])));
    i += 2;
  }
  return decoded;
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return lower;
}

}  // namespace mosaic
