#include "cli/postgres/postmaster_file.hpp"

#include <signal.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <system_error>
#include <vector>

namespace mosaic::cli {
namespace {

int number(const std::string& text) {
  int value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::string trimmed(const std::string& text) {
  const auto last = text.find_last_not_of(" \t\r");
  return last == std::string::npos ? "" : text.substr(0, last + 1);
}

}  // namespace

std::optional<PostmasterFile> PostmasterFile::read(const std::filesystem::path& data_folder) {
  std::ifstream file(data_folder / "postmaster.pid");
  std::vector<std::string> lines;
  for (std::string line; lines.size() < 8 && std::getline(file, line);) lines.push_back(line);
  if (lines.size() < 5) return std::nullopt;
  PostmasterFile result;
  result.pid = number(lines[0]);
  result.port = number(lines[3]);
  result.socket_folder = lines[4];
  if (lines.size() >= 8) result.status = trimmed(lines[7]);
  if (result.pid <= 1) return std::nullopt;
  return result;
}

bool PostmasterFile::alive(const std::filesystem::path& data_folder) const {
  if (::kill(pid, 0) != 0 && errno != EPERM) return false;
  std::error_code error;
  const auto folder = std::filesystem::read_symlink("/proc/" + std::to_string(pid) + "/cwd", error);
  // A process whose folder we may not see belongs to somebody else, so it is not one that we could
  // have started; a zombie shows none either.
  if (error) return false;
  return std::filesystem::equivalent(folder, data_folder, error) && !error;
}

}  // namespace mosaic::cli
