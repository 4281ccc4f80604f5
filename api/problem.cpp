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

}  // namespace mosaic
