#include "api/gateway/openai_error.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace mosaic {
namespace {

using Json = nlohmann::ordered_json;

// OpenAI's own words for its classes of errors.
std::string_view type_of(int status) {
  if (status == 401) return "authentication_error";
  if (status == 403) return "permission_error";
  if (status == 429) return "rate_limit_error";
  return status >= 500 ? "server_error" : "invalid_request_error";
}

Json word_or_null(std::string_view word) { return word.empty() ? Json() : Json(word); }

std::string text_of(const Json& body, const char* member) {
  const auto found = body.find(member);
  return found != body.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

std::string openai_error_text(const OpenAiError& error) {
  Json inner;
  inner["message"] = error.message;
  inner["type"] = type_of(error.status);
  inner["param"] = word_or_null(error.param);
  inner["code"] = word_or_null(error.code);
  const Json body{{"error", std::move(inner)}};
  return body.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Response openai_error(const OpenAiError& error) {
  Response response(error.status, "application/json", openai_error_text(error));
  response.set_field("Cache-Control", "no-store");
  return response;
}

Response as_openai_error(const Response& problem) {
  const auto* content_type = problem.find_field("content-type");
  if (content_type == nullptr || *content_type != "application/problem+json") return problem;
  const auto body = Json::parse(problem.body, nullptr, false);
  auto code = text_of(body, "type");
  code.erase(0, code.rfind('/') + 1);
  std::replace(code.begin(), code.end(), '-', '_');
  const auto remedy = text_of(body, "remedy");
  OpenAiError error;
  error.status = problem.status;
  error.message = text_of(body, "detail") + (remedy.empty() ? "" : " " + remedy);
  // What OpenAI's own clients and their users know.
  if (problem.status == 401) code = "invalid_api_key";
  error.code = code;
  auto response = openai_error(error);
  for (const auto& field : problem.fields) {
    const auto name = lower_case(field.name);
    if (name != "content-type" && name != "cache-control")
      response.set_field(field.name, field.value);
  }
  return response;
}

}  // namespace mosaic
