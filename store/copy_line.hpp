// One line of COPY … TO STDOUT in text format, taken apart in place. Private to store/.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mosaic {

// A line end belongs to no field. Unescapes inside `line`; the fields point into it and live until it changes. \N is an empty
// optional.
void split_copy_line(std::string& line, std::vector<std::optional<std::string_view>>& fields);

}  // namespace mosaic
