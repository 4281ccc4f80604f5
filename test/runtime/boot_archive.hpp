// Minimal ustar archives for tests of the boot script.
#pragma once

#include <array>
#include <cstdio>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

namespace mosaic {

inline std::string tar_archive(const std::vector<std::pair<std::string, std::string>>& files) {
  std::string archive;
  for (const auto& [name, content] : files) {
    std::array<char, 512> header{};
    std::snprintf(header.data(), 100, "%s", name.c_str());
    std::snprintf(header.data() + 100, 8, "%07o", 0600);
    std::snprintf(header.data() + 108, 8, "%07o", 1000);
    std::snprintf(header.data() + 116, 8, "%07o", 1000);
    std::snprintf(header.data() + 124, 12, "%011zo", content.size());
    std::snprintf(header.data() + 136, 12, "%011o", 0);
    header[156] = '0';
    std::memcpy(header.data() + 257, "ustar\00000", 8);
    std::memset(header.data() + 148, ' ', 8);
    unsigned sum = 0;
    for (const char byte : header) sum += static_cast<unsigned char>(byte);
    std::snprintf(header.data() + 148, 8, "%06o", sum);
    archive.append(header.data(), header.size());
    archive += content;
    archive.append((512 - content.size() % 512) % 512, '\0');
  }
  archive.append(1024, '\0');
  return archive;
}

}  // namespace mosaic
