#include "model/ustar.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <stdexcept>

namespace mosaic {
namespace {

void put_text(UstarHeader& header, std::size_t offset, std::size_t size, std::string_view text) {
  if (text.size() > size) throw std::logic_error("a name is too long for the archive");
  std::copy(text.begin(), text.end(), header.begin() + static_cast<std::ptrdiff_t>(offset));
}

void put_octal(UstarHeader& header, std::size_t offset, std::size_t size, std::size_t value) {
  char digits[24];
  std::snprintf(digits, sizeof digits, "%0*zo", static_cast<int>(size - 1), value);
  put_text(header, offset, size - 1, digits);
}

}  // namespace

UstarHeader ustar_header(std::string_view name, std::size_t mode, int owner, std::size_t size) {
  UstarHeader header{};
  put_text(header, 0, 100, name);
  put_octal(header, 100, 8, mode);
  put_octal(header, 108, 8, static_cast<std::size_t>(owner));
  put_octal(header, 116, 8, static_cast<std::size_t>(owner));
  put_octal(header, 124, 12, size);
  put_octal(header, 136, 12, 0);
  put_text(header, 148, 8, "        ");  // the checksum counts its own field as blanks
  header[156] = '0';
  put_text(header, 257, 6, std::string_view("ustar\0", 6));
  put_text(header, 263, 2, "00");
  std::size_t sum = 0;
  for (const char c : header) sum += static_cast<unsigned char>(c);
  char checksum[16];
  std::snprintf(checksum, sizeof checksum, "%06zo", sum);
  put_text(header, 148, 8,
           std::string_view(checksum, 7));  // six digits, NUL, and the blank that is there
  return header;
}

std::size_t ustar_padding(std::size_t size) {
  return (ustar_block_bytes - size % ustar_block_bytes) % ustar_block_bytes;
}

std::optional<std::size_t> ustar_number(std::string_view header, std::size_t offset,
                                        std::size_t size) {
  std::string_view field = header.substr(offset, size);
  while (!field.empty() && field.front() == ' ') field.remove_prefix(1);
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value, 8);
  if (error != std::errc() || end == field.data()) return std::nullopt;
  return value;
}

std::size_t ustar_size(std::string_view header) {
  return ustar_number(header, 124, 12).value_or(0);
}

std::string ustar_name(std::string_view header) {
  const std::string_view field = header.substr(0, 100);
  return std::string(field.substr(0, field.find('\0')));
}

}  // namespace mosaic
