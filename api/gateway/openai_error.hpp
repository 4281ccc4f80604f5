// Errors of our own under /v1, in the shape that OpenAI's clients read: {"error": {message, type, code, param}}.
//
// Pure functions. No text quotes a secret or anything that the asker may not know.
#pragma once

#include <string>
#include <string_view>

#include "api/http_message.hpp"

namespace mosaic {

struct OpenAiError {
  int status = 500;
  std::string message;     // one or two sentences for people
  std::string_view code;   // a stable word; empty: null
  std::string_view param;  // the field that is to blame; empty: null
};

// {"error": …} on one line.
std::string openai_error_text(const OpenAiError& error);
Response openai_error(const OpenAiError& error);

// A problem (api/problem.hpp) as OpenAI has it, with the problem's other fields (Retry-After …). Any other response
// comes back as it is.
Response as_openai_error(const Response& problem);

}  // namespace mosaic
