// Random tokens and identifiers, and how to compare and store them. Stateless; safe from any
// thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace mosaic {

// Cryptographically strong; throws when the system has no randomness to give.
void fill_random(std::span<std::uint8_t> bytes);

// 256 random bits as 64 hex digits: gateway tokens, sessions.
std::string generate_token();

// A row id of the shape of a cuid: 'c' and 24 random characters out of a-z and 0-9 (124 bits).
std::string random_id();

// Takes equally long wherever the texts differ. Their lengths are not hidden.
bool constant_time_equal(std::string_view left, std::string_view right);

// Lower-case hex. Tokens with 256 bits of their own are stored like this; passwords never are (see
// password.hpp).
std::string sha256_hex(std::string_view text);

}  // namespace mosaic
