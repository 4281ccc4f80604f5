// A password that somebody chose, as every path takes it: 12 to 72 bytes, without NUL.
//
// Pure; one request, one thread.
#pragma once

#include <string>

#include "api/json_body.hpp"

namespace mosaic {

// Reads the field "password"; what is wrong becomes a complaint that does not contain it.
std::string read_new_password(JsonBody& body);

}  // namespace mosaic
