#include "cli/postgres/postgres_binaries.hpp"

#include <unistd.h>

#include <charconv>
#include <string>
#include <system_error>

namespace mosaic::cli {
namespace {

std::optional<int> version_of(const std::string& folder_name) {
  int version = 0;
  const char* last = folder_name.data() + folder_name.size();
  const auto [end, error] = std::from_chars(folder_name.data(), last, version);
  if (error != std::errc() || end != last) return std::nullopt;
  return version;
}

bool executable(const std::filesystem::path& file) { return ::access(file.c_str(), X_OK) == 0; }

}  // namespace

std::optional<PostgresBinaries> PostgresBinaries::find(std::optional<int> major_version,
                                                       const std::filesystem::path& root) {
  std::optional<PostgresBinaries> best;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(root, error)) {
    const auto version = version_of(entry.path().filename().string());
    if (!version || *version < oldest_supported || (major_version && *version != *major_version))
      continue;
    const auto folder = entry.path() / "bin";
    if (!executable(folder / "initdb") || !executable(folder / "postgres")) continue;
    if (!best || *version > best->major_version) best = PostgresBinaries{*version, folder};
  }
  return best;
}

}  // namespace mosaic::cli
