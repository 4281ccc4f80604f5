// A JSON answer, the way every route gives it: compact, one line, never kept by a cache.
//
// Pure functions.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "api/http_message.hpp"

namespace mosaic {

Response json_response(int status, const nlohmann::ordered_json& body);

}  // namespace mosaic
