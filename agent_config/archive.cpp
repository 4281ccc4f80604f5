// The ustar archive of a rendered configuration.
#include <array>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <string_view>

#include "agent_config/rendered_config.hpp"

namespace mosaic {
namespace {

constexpr std::size_t block_bytes = 512;
constexpr int container_user = 1000;  // who the gateway runs as

using Header = std::array<char, block_bytes>;

void put_text(Header& header, std::size_t offset, std::size_t size, std::string_view text) {
  if (text.size() > size) throw std::logic_error("a name is too long for the archive");
  std::copy(text.begin(), text.end(), header.begin() + static_cast<std::ptrdiff_t>(offset));
}

void put_octal(Header& header, std::size_t offset, std::size_t size, std::size_t value) {
  char digits[24];
  std::snprintf(digits, sizeof digits, "%0*zo", static_cast<int>(size - 1), value);
  put_text(header, offset, size - 1, digits);
}

// The layout of POSIX.1-1988; times are zero, so that equal configurations are equal archives.
Header file_header(std::string_view name, std::size_t mode, std::size_t size) {
  Header header{};
  put_text(header, 0, 100, name);
  put_octal(header, 100, 8, mode);
  put_octal(header, 108, 8, container_user);
  put_octal(header, 116, 8, container_user);
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

void append_file(std::string& archive, std::string_view name, std::size_t mode,
                 std::string_view content) {
  const auto header = file_header(name, mode, content.size());
  archive.append(header.data(), header.size());
  archive.append(content);
  archive.append((block_bytes - content.size() % block_bytes) % block_bytes, '\0');
}

}  // namespace

std::string to_tar(const RenderedConfig& config) {
  if (config.problem) throw std::logic_error("a configuration with a problem has no archive");
  std::string archive;
  append_file(archive, "openclaw.json", 0600, config.openclaw_json);
  append_file(archive, "workspace/SOUL.md", 0600, config.soul_md);
  append_file(archive, "workspace/AGENTS.md", 0600, config.agents_md);
  append_file(archive, "workspace/IDENTITY.md", 0600, config.identity_md);
  archive.append(2 * block_bytes, '\0');
  return archive;
}

}  // namespace mosaic
