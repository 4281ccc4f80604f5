// Paths and queries of the Engine API, encoded.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mosaic {

// "/containers/abc/json": the name is one encoded segment.
std::string engine_path(std::string_view before, std::string_view name, std::string_view after);

// "filters={...}" for the given names and their values.
std::string engine_filters(
    const std::vector<std::pair<std::string, std::vector<std::string>>>& filters);

// "com.mosaic.instance=1a2b".
std::string label_filter(std::string_view label, std::string_view value);

// Splits "name[:tag][@digest]" for a pull: what fromImage and tag have to be. Without a tag it is "latest": an engine
// of an older API would pull every tag.
std::pair<std::string, std::string> split_image(std::string_view image);

}  // namespace mosaic
