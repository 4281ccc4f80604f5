// Where Debian keeps the server programs of each Postgres version that is installed.
#pragma once

#include <filesystem>
#include <optional>

namespace mosaic::cli {

struct PostgresBinaries {
  static constexpr int oldest_supported = 13;

  int major_version = 0;
  std::filesystem::path folder;  // with initdb and postgres

  // The newest supported version, or exactly `major_version` when an existing data folder needs it;
  // nothing when it is not installed. `root` is where Debian installs them; tests put others there.
  static std::optional<PostgresBinaries> find(
      std::optional<int> major_version, const std::filesystem::path& root = "/usr/lib/postgresql");
};

}  // namespace mosaic::cli
