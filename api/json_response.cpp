#include "api/json_response.hpp"

#include <nlohmann/json.hpp>

namespace mosaic {

Response json_response(int status, const nlohmann::ordered_json& body) {
  Response response(
      status, "application/json",
      body.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n");
  response.set_field("Cache-Control", "no-store");
  return response;
}

}  // namespace mosaic
