#include "api/problem.hpp"

#include <nlohmann/json.hpp>

namespace mosaic {
namespace {

using Json = nlohmann::ordered_json;

Response as_response(int status, const Json& body) {
  Response response(status, "application/problem+json",
                    body.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
  response.set_field("Cache-Control", "no-store");
  return response;
}

Json document(int status, std::string_view type, std::string_view detail, std::string_view remedy) {
  return {{"type", "/problems/" + std::string(type)},
          {"title", reason_phrase(status)},
          {"status", status},
          {"detail", detail},
          {"remedy", remedy}};
}

}  // namespace

Response problem(int status, std::string_view type, std::string_view detail,
                 std::string_view remedy) {
  return as_response(status, document(status, type, detail, remedy));
}

Response field_problems(const std::vector<FieldProblem>& fields) {
  Json body = document(422, problem_type::invalid_field, "Some fields cannot be taken as they are.",
                       "Correct the fields listed under \"errors\" and send the request again.");
  body["errors"] = Json::array();
  for (const auto& field : fields)
    body["errors"].push_back({{"field", field.field}, {"message", field.message}});
  return as_response(422, body);
}

Response not_found_response() {
  return problem(404, problem_type::not_found, "There is nothing here.",
                 "Check the address; what belongs to somebody else looks like nothing as well.");
}

Response unreadable_request(int status, std::string_view detail) {
  switch (status) {
    case 408:
      return problem(status, problem_type::too_slow, detail, "Send the request again, faster.");
    case 413:
    case 431:
      return problem(status, problem_type::too_large, detail, "Send less in one request.");
    case 503:
      return problem(status, problem_type::busy, detail, "Try again shortly.");
    default:
      return problem(status, problem_type::invalid_request, detail,
                     "Send a request as HTTP/1.1 has it.");
  }
}

}  // namespace mosaic
