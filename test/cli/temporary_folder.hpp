// A folder of a test's own, removed with everything in it. Passable for other users, as a data
// folder's parents are.
#pragma once

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace mosaic::cli {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    // Not below TMPDIR: its parents may be closed to the unprivileged user.
    std::string pattern = "/tmp/mosaic-cli-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
    path_ = pattern;
    ::chmod(path_.c_str(), 0755);
  }
  ~TemporaryFolder() {
    std::error_code error;
    std::filesystem::remove_all(path_, error);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace mosaic::cli
