#include "cli/secret_key.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "cli/failure.hpp"
#include "cli/file_descriptor.hpp"
#include "secrets/token.hpp"

namespace mosaic::cli {
namespace {

constexpr std::size_t max_key_bytes = 4096;

CommandError file_error(const std::string& what, const std::filesystem::path& file, int error) {
  const std::string remedy = error == ENOSPC || error == EDQUOT
                                 ? "; free some space there, or choose another --data-dir"
                                 : "; run as the user of mosaic up, or set MOSAIC_SECRET_KEY";
  return CommandError("cannot " + what + " the key file " + file.string() + ": " +
                      std::strerror(error) + remedy);
}

void require_private(int file, const std::filesystem::path& path) {
  struct stat status {};
  if (::fstat(file, &status) != 0) throw file_error("see", path, errno);
  if (!S_ISREG(status.st_mode))
    throw CommandError("the key file " + path.string() + " is no ordinary file");
  if (status.st_uid != ::geteuid() && ::geteuid() != 0) {
    throw CommandError("the key file " + path.string() +
                       " belongs to another user; run as that user");
  }
  if ((status.st_mode & 077) != 0) {
    throw CommandError("the key file " + path.string() +
                       " can be read by other users; close it with: chmod 600 " + path.string());
  }
}

std::string read_key(int file, const std::filesystem::path& path) {
  std::array<char, max_key_bytes> buffer{};
  const ssize_t bytes = ::read(file, buffer.data(), buffer.size());
  if (bytes < 0) throw file_error("read", path, errno);
  std::string key(buffer.data(), static_cast<std::size_t>(bytes));
  while (!key.empty() && (key.back() == '\n' || key.back() == '\r')) key.pop_back();
  return key;
}

// What was named in it is on disk.
void keep_folder_of(const std::filesystem::path& path) {
  const FileDescriptor folder(
      ::open(path.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder || ::fsync(folder.get()) != 0) throw file_error("keep", path, errno);
}

// Complete and on disk under a name of its own before it gets the real one; link() refuses to
// replace another's.
void create_key_file(const std::filesystem::path& path) {
  const std::string draft = path.string() + ".new." + random_id();
  const std::string text = generate_token() + "\n";
  FileDescriptor file(
      ::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) throw file_error("make", path, errno);
  const bool written =
      ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
      ::fsync(file.get()) == 0;
  const bool linked = written && (::link(draft.c_str(), path.c_str()) == 0 || errno == EEXIST);
  const int error = errno;
  ::unlink(draft.c_str());
  if (!linked) throw file_error("make", path, error);
  keep_folder_of(path);
}

}  // namespace

std::filesystem::path secret_key_file(const std::filesystem::path& data_dir) {
  return data_dir / "secret.key";
}

std::string read_secret_key_file(const std::filesystem::path& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!file) {
    if (errno == ENOENT) {
      throw CommandError("MOSAIC_SECRET_KEY is not set and there is no key file " + path.string() +
                         "; set the key that this database was made with, or restore that file");
    }
    throw file_error("open", path, errno);
  }
  require_private(file.get(), path);
  return read_key(file.get(), path);
}

std::string read_or_create_secret_key_file(const std::filesystem::path& path) {
  if (::access(path.c_str(), F_OK) != 0 && errno == ENOENT) create_key_file(path);
  return read_secret_key_file(path);
}

std::filesystem::path next_secret_key_file(const std::filesystem::path& data_dir) {
  return data_dir / "secret.key.next";
}

std::filesystem::path install_next_secret_key(const std::filesystem::path& data_dir) {
  const auto file = secret_key_file(data_dir);
  const auto next = next_secret_key_file(data_dir);
  // Named by its content: whoever is killed here and begins again finds it.
  const std::filesystem::path kept =
      file.string() + ".until-" +
      sha256_hex("key file\n" + read_secret_key_file(file)).substr(0, 8);
  if (::link(file.c_str(), kept.c_str()) != 0 && errno != EEXIST)
    throw file_error("keep a copy of", file, errno);
  keep_folder_of(file);
  if (::rename(next.c_str(), file.c_str()) != 0) throw file_error("replace", file, errno);
  keep_folder_of(file);
  return kept;
}

SecretBox open_secret_box(const Settings& settings, MissingKey missing) {
  if (!settings.secret_key.empty())
    return SecretBox(settings.secret_key, settings.previous_secret_key);
  const auto file = secret_key_file(settings.data_dir);
  if (!settings.embedded_database()) {
    throw CommandError(
        "MOSAIC_SECRET_KEY is not set; with DATABASE_URL it must be: the key of that database, or "
        "for a "
        "new one a fresh key (openssl rand -hex 32) that you keep as safe as the database");
  }
  const std::string key = missing == MissingKey::generate ? read_or_create_secret_key_file(file)
                                                          : read_secret_key_file(file);
  const auto next = next_secret_key_file(settings.data_dir);
  return SecretBox(key, ::access(next.c_str(), F_OK) == 0 ? read_secret_key_file(next)
                                                          : settings.previous_secret_key);
}

}  // namespace mosaic::cli
