// Texts and secrets that commands take from a file, from standard input ("-") or from a prompt
// without echo: secrets are never arguments, which every user of the machine can see.
#pragma once

#include <cstddef>
#include <iosfwd>
#include <string>

namespace mosaic::cli {

// The whole content; "-" is `in`. Throws CommandError, also when it is longer than `max_bytes`.
std::string read_text(const std::string& file_or_dash, std::istream& in, std::size_t max_bytes);

// Likewise without line breaks at its end, and not empty.
std::string read_secret(const std::string& file_or_dash, std::istream& in);

// Asks twice on the terminal, without echo. Throws CommandError when there is no terminal.
std::string ask_new_password(const std::string& whose);

}  // namespace mosaic::cli
