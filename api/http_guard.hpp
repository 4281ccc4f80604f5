// Decides, on the raw bytes of a request's head and before anything else looks at them, whether two
// parties could read this request differently. Beast alone is too forgiving: it accepts
// "Content-Length: 5,5", a transfer coding next to a length, chunks on HTTP/1.0, no Host or two,
// and unfolds continued lines.
//
// A pure function. What passes has: one request line with an origin-form ASCII target and HTTP/1.0
// or 1.1, exactly one Host, and a body whose length is said in exactly one way. Whatever else comes
// is a rejection; the connection must then be closed, because nobody knows where the next request
// begins.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "api/http_message.hpp"

namespace mosaic {

struct HeadLimits {
  std::size_t bytes = 16 * 1024;
  std::size_t fields = 100;
};

struct RequestHead {
  std::string method;
  std::string target;
  std::vector<HttpField> fields;
  std::uint64_t content_length = 0;
  bool chunked = false;
  bool version_1_1 = true;
  bool keep_alive = true;
  bool expects_continue = false;
};

struct Rejection {
  int status = 400;
  std::string detail;  // one sentence, quotes nothing of the request
};

// `head`: everything up to and including the empty line.
std::variant<RequestHead, Rejection> check_request_head(std::string_view head,
                                                        const HeadLimits& limits);

}  // namespace mosaic
