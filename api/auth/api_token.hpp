// Personal API tokens as text: mos_<id>_<256 bits as hex>.
//
// Pure functions, but for new tokens.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mosaic {

struct ApiTokenText {
  std::string id;      // public: names the row
  std::string secret;  // 64 hex digits; the row has its SHA-256
};

ApiTokenText new_api_token();
std::string to_string(const ApiTokenText& token);
// Nothing for anything that to_string did not write.
std::optional<ApiTokenText> parse_api_token(std::string_view text);

// True when a query (without "?") carries what looks like a credential: such a URL stands in logs and histories.
bool query_has_credential(std::string_view query);

}  // namespace mosaic
