// The head of an agent's or a provider's answer, read as strictly as a client's request: either may be hostile, and the
// connection to an agent is used again.
//
// A pure function. Whatever two parties could read differently is refused; then the connection must be closed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "api/http_guard.hpp"

namespace mosaic {

struct ResponseHead {
  int status = 0;
  std::vector<HttpField> fields;  // as they came; who passes them on chooses
  // How the body ends: chunked; after so many bytes; or, with neither, with the connection.
  bool chunked = false;
  std::optional<std::uint64_t> content_length;
  bool keep_alive = true;

  // The value of the only field of that name; empty when there is none or more than one.
  std::string_view field(std::string_view lower_case_name) const;
};

// `head`: everything up to and including the empty line. The text says what is wrong with it.
std::variant<ResponseHead, std::string> read_response_head(std::string_view head,
                                                           const HeadLimits& limits);

}  // namespace mosaic
