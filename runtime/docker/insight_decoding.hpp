// What the Engine API's answers about use and logs mean in our words.
//
// Pure functions; a text that is no such answer throws EngineError(failed).
#pragma once

#include <optional>
#include <string_view>

#include "runtime/container_insight.hpp"

namespace mosaic {

// Nothing for a container that does not run: its figures are empty then.
std::optional<ResourceUse> decode_use(std::string_view body, Look look);

// `frames`: the engine's multiplexed stream of lines with times. Keeps to `range.after` and `range.bytes`.
LogTail decode_log(std::string_view frames, const LogRange& range);

}  // namespace mosaic
