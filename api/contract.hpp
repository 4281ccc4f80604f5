// The API's contract, api/openapi.yaml, as it was when this program was built.
//
// Pure.
#pragma once

#include <string_view>

namespace mosaic {

std::string_view contract_yaml();

}  // namespace mosaic
