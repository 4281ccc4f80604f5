#include "cli/postgres/postgres_folders.hpp"

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <sstream>

#include "cli/failure.hpp"
#include "secrets/token.hpp"

namespace mosaic::cli {
namespace {

constexpr std::size_t max_socket_path_bytes = 107;

bool fits(const std::filesystem::path& folder) {
  const auto socket = folder / (".s.PGSQL." + std::to_string(embedded_database_port));
  return socket.string().size() <= max_socket_path_bytes;
}

std::string quoted_for_libpq(const std::string& text) {
  std::string result = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') result += '\\';
    result += c;
  }
  return result + "'";
}

bool contains(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}

// The last line that Postgres itself calls an error, without its time stamp.
std::string last_error_line(const std::string& output) {
  std::istringstream lines(output);
  std::string last;
  std::string found;
  for (std::string line; std::getline(lines, line);) {
    if (line.empty()) continue;
    last = line;
    for (const char* word : {"PANIC:", "FATAL:", "ERROR:", "error:"}) {
      const auto at = line.find(word);
      if (at == std::string::npos) continue;
      found = line.substr(at + std::strlen(word));
      break;
    }
  }
  const auto& line = found.empty() ? last : found;
  const auto first = line.find_first_not_of(' ');
  return first == std::string::npos ? "it said nothing" : line.substr(first, 300);
}

}  // namespace

std::filesystem::path embedded_data_folder(const std::filesystem::path& data_dir) {
  return data_dir / "postgres";
}

std::filesystem::path embedded_socket_folder(const std::filesystem::path& data_dir,
                                             const SystemUser& user) {
  const auto beside = data_dir / "postgres-socket";
  if (fits(beside)) return beside;
  const std::string name =
      "mosaic-" + std::to_string(user.uid) + "-" + sha256_hex(data_dir.string()).substr(0, 12);
  if (::geteuid() == 0) return std::filesystem::path("/run") / name;
  const char* runtime = std::getenv("XDG_RUNTIME_DIR");
  if (runtime != nullptr && runtime[0] == '/' && fits(std::filesystem::path(runtime) / name)) {
    return std::filesystem::path(runtime) / name;
  }
  return std::filesystem::path("/tmp") / name;
}

std::string embedded_connection_string(const std::filesystem::path& socket_folder,
                                       const SystemUser& user) {
  return "host=" + quoted_for_libpq(socket_folder.string()) +
         " port=" + std::to_string(embedded_database_port) + " user=" + embedded_database_name +
         " dbname=" + embedded_database_name + " requirepeer=" + quoted_for_libpq(user.name);
}

void make_private_folder(const std::filesystem::path& folder, const SystemUser& user) {
  if (::mkdir(folder.c_str(), 0700) == 0) {
    if (!user.is_this_process() && ::lchown(folder.c_str(), user.uid, user.gid) != 0) {
      throw CommandError(explain_file_error("give to user " + user.name, folder, errno));
    }
  } else if (errno != EEXIST) {
    throw CommandError(explain_file_error("make", folder, errno));
  }
  struct stat status {};
  if (::lstat(folder.c_str(), &status) != 0)
    throw CommandError(explain_file_error("see", folder, errno));
  if (!S_ISDIR(status.st_mode) || status.st_uid != user.uid || (status.st_mode & 077) != 0) {
    throw CommandError(folder.string() + " must be a folder that belongs to user " + user.name +
                       " with mode 0700; mend it with: chown " + user.name + " " + folder.string() +
                       " && chmod 700 " + folder.string());
  }
}

std::string explain_postgres_failure(const std::string& output, const std::filesystem::path& folder,
                                     const SystemUser& user) {
  if (contains(output, "No space left on device") || contains(output, "Disk quota exceeded")) {
    return "the disk of " + folder.string() +
           " is full; free some space there, or choose another --data-dir";
  }
  if (contains(output, "Permission denied")) {
    return "user " + user.name + " may not enter or write " + folder.string() +
           "; every folder above it must let that user pass (chmod o+x), or choose another "
           "--data-dir";
  }
  if (contains(output, "Read-only file system")) {
    return folder.string() + " is on a read-only file system; choose another --data-dir";
  }
  if (contains(output, "Cannot allocate memory")) {
    return "there is not enough memory for the embedded Postgres; free some, or set DATABASE_URL "
           "to one elsewhere";
  }
  return "the embedded Postgres did not start: " + last_error_line(output);
}

SystemUser owner_of(const std::filesystem::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0)
    throw CommandError(explain_file_error("see", path, errno));
  passwd entry{};
  passwd* found = nullptr;
  std::array<char, 16384> buffer{};
  if (::getpwuid_r(status.st_uid, &entry, buffer.data(), buffer.size(), &found) != 0 ||
      found == nullptr) {
    throw CommandError(path.string() + " belongs to user id " + std::to_string(status.st_uid) +
                       ", which has no name on this machine; chown it to a user that exists");
  }
  return {entry.pw_uid, entry.pw_gid, entry.pw_name};
}

std::string explain_file_error(const std::string& what, const std::filesystem::path& path,
                               int error) {
  std::string line = "cannot " + what + " " + path.string() + ": " + std::strerror(error);
  if (error == ENOSPC || error == EDQUOT)
    return line + "; free some space there, or choose another --data-dir";
  if (error == EACCES || error == EPERM)
    return line + "; run as a user who may, or choose another --data-dir";
  if (error == EROFS) return line + "; choose another --data-dir";
  return line;
}

}  // namespace mosaic::cli
