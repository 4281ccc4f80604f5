// Generations on the wire: ETag on what can be edited, If-Match on edits, so that nobody overwrites what they have not
// seen.
//
// Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "api/http_message.hpp"
#include "store/settings_store.hpp"

namespace mosaic {

std::string entity_tag(std::int64_t generation);  // "7", in its quotes

// What the writer saw: nothing without If-Match, or with "*". A tag that no generation of ours has is a 412 at once.
std::variant<IfGeneration, Response> if_match(const Request& request);

// 412: somebody else was faster.
Response changed_meanwhile();

}  // namespace mosaic
