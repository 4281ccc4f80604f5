// postmaster.pid, by which Postgres itself says who serves a data folder and how far it has come.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>

namespace mosaic::cli {

struct PostmasterFile {
  pid_t pid = 0;
  int port = 0;
  std::filesystem::path socket_folder;
  std::string status;  // starting, stopping, ready, standby; empty before the first of them

  // Nothing when there is none or it is not complete yet.
  static std::optional<PostmasterFile> read(const std::filesystem::path& data_folder);

  // Whether that very process still runs and serves this folder: a process id alone may have been
  // given anew.
  bool alive(const std::filesystem::path& data_folder) const;
};

}  // namespace mosaic::cli
