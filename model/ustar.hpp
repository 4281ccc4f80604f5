// The blocks of a ustar archive (POSIX.1-1988), for whoever writes or reads one piece by piece.
//
// Pure functions; times are zero, so that equal content makes equal archives.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace mosaic {

inline constexpr std::size_t ustar_block_bytes = 512;

// Two empty blocks end an archive.
inline constexpr std::size_t ustar_end_bytes = 2 * ustar_block_bytes;

using UstarHeader = std::array<char, ustar_block_bytes>;

// Of an ordinary file. Throws std::logic_error for a name of more than 100 bytes.
UstarHeader ustar_header(std::string_view name, std::size_t mode, int owner, std::size_t size);

// How many zero bytes follow content of that size, up to the next block.
std::size_t ustar_padding(std::size_t size);

// An octal number in a header; nothing when there is none.
std::optional<std::size_t> ustar_number(std::string_view header, std::size_t offset,
                                        std::size_t size);
std::size_t ustar_size(std::string_view header);  // 0 when there is none
std::string ustar_name(std::string_view header);

}  // namespace mosaic
