// The second wall against secrets in logs and errors: masks what looks like one.
//
// The first wall is that secrets are never handed to a logger. This one catches what slips through
// inside the texts of others, such as an engine's error that echoes an environment. It knows
// shapes, not values: "enc:" texts, bearer and basic credentials, 64 and more hex digits (an image
// digest "sha256:…" is public and stays), the key prefixes of providers (sk-…), our mos_… tokens,
// JSON web tokens, user:password@ in URLs, and values named like a secret (password=…, "apiKey":
// "…"). Rather one word too many than one too few.
//
// Stateless; safe from any thread. Takes time linear in the text.
#pragma once

#include <string>
#include <string_view>

namespace mosaic {

class Redactor {
 public:
  static constexpr std::string_view mask = "[redacted]";

  std::string redact(std::string_view text) const;
};

}  // namespace mosaic
