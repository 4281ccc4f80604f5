// How to hand OpenClaw a text that it takes as it stands. It replaces "${NAME}" in every string of
// its configuration, and reads some API keys as commands or as references to something else.
//
// Pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mosaic {

// With "$" before every "${NAME}" that OpenClaw would replace by an environment variable; it takes
// that one away again.
std::string escape_environment_references(std::string_view text);

// Nothing when OpenClaw sends this key to the provider as it is; else why not, completing "the API
// key …".
std::optional<std::string> why_not_literal_key(std::string_view key);

// For messages: control characters and quotes replaced, cut to 80 bytes, in quotes.
std::string in_quotes(std::string_view text);

}  // namespace mosaic
