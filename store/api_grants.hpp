// What the API's role may do, table by table and column by column. Whatever is not named here, it may not: a column that
// a migration adds is the controller's until it is named. Private to store/.
//
// Constant data.
#pragma once

#include <span>
#include <string_view>

namespace mosaic {

struct ApiGrant {
  std::string_view table;
  std::string_view privileges;  // as GRANT has them, before ON
};

std::span<const ApiGrant> api_grants();

}  // namespace mosaic
