// What can be a text in the database: valid UTF-8 without NUL.
//
// Pure functions; safe from any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace mosaic {

// Every byte that cannot be stored becomes "?", so that one odd byte in an engine's error never makes a row impossible
// to write.
std::string storable_text(std::string_view text);
// Whether a key can be in a row at all; a NUL would cut a parameter short and find another row.
bool is_storable(std::string_view text);
// Storable, and of at most `longest` bytes, without half a character at its end.
std::string shown_text(std::string_view text, std::size_t longest);

}  // namespace mosaic
