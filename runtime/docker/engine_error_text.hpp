// Turns what an engine says about a failure into a kind that the reconcilers can act on and one line for people.
//
// Pure functions. An engine's text may echo a container's environment, so no text of it leaves here unscrubbed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/http_error.hpp"
#include "runtime/runtime_driver.hpp"

namespace mosaic {

inline constexpr std::size_t longest_error_text = 300;  // bytes

// One line of at most 300 bytes, without the given secrets and without anything that looks like one.
std::string scrub(std::string_view text, const std::vector<std::string>& secrets);

// `doing`: "start container alice". `body`: the engine's answer, JSON with "message" or plain text.
EngineError classify_answer(std::string_view doing, int status, std::string_view body,
                            const std::vector<std::string>& secrets);
// `engine_url`: for "is it running?".
EngineError classify_transport(std::string_view doing, const HttpError& error,
                               std::string_view engine_url);

}  // namespace mosaic
