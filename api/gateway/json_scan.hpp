// Finds a few members of a JSON object without building it: where in the text their values stand. The text is checked
// to be JSON all the same (RFC 8259, bounded depth), so that nobody behind us reads it differently.
//
// A pure function. Views point into the text.
#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace mosaic {

struct JsonMember {
  std::string_view name;
  std::string_view value;  // as it stands there, without blanks around it; empty: there is none
};

// Fills in the values of `wanted`. False when the text is no JSON object, has one of the wanted members twice, or writes
// the name of any member of the object with escapes (nobody does, but to hide one).
bool scan_json_object(std::string_view text, std::span<JsonMember> wanted);

}  // namespace mosaic
