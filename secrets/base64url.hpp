// Base64 with the alphabet of URLs and without padding (RFC 4648, section 5), as JOSE has it. Stateless; safe from any
// thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace mosaic {

std::string base64url_encode(std::string_view bytes);

// Only what an encoder can produce: no padding, unused bits zero, nothing else between. Nothing for anything else.
std::optional<std::string> base64url_decode(std::string_view text);

}  // namespace mosaic
