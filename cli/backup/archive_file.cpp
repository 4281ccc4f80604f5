#include "cli/backup/archive_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "secrets/token.hpp"

namespace mosaic::cli {
namespace {

constexpr std::size_t piece_bytes = 1024 * 1024;

// False when there is no more, or with errno set.
bool read_piece(int file, std::string& into) {
  const std::size_t before = into.size();
  into.resize(before + piece_bytes);
  ssize_t got = 0;
  do {
    got = ::read(file, into.data() + before, piece_bytes);
  } while (got < 0 && errno == EINTR);
  if (got >= 0) errno = 0;
  into.resize(before + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  return got > 0;
}

bool write_all(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file, bytes.data(), bytes.size());
    if (written < 0 && errno != EINTR) return false;
    if (written > 0) bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

std::filesystem::path folder_of(const std::filesystem::path& path) {
  return path.has_parent_path() ? path.parent_path() : ".";
}

}  // namespace

ArchiveOutput::ArchiveOutput(const std::string& file_or_dash)
    : to_stdout_(file_or_dash == "-"), path_(file_or_dash) {
  if (to_stdout_) {
    if (::isatty(STDOUT_FILENO) != 0)
      throw UsageError("a backup is not for a terminal: redirect it, or give a file");
    return;
  }
  draft_ = path_.string() + ".new." + random_id();
  file_ = FileDescriptor(
      ::open(draft_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file_) {
    draft_.clear();
    throw error("make");
  }
}

ArchiveOutput::~ArchiveOutput() {
  if (!draft_.empty()) ::unlink(draft_.c_str());
}

CommandError ArchiveOutput::error(const std::string& what) const {
  const std::string name = to_stdout_ ? "the backup on standard output" : path_.string();
  return CommandError("cannot " + what + " " + name + ": " + std::strerror(errno) +
                      (errno == ENOSPC ? "; free some space there, nothing was kept" : ""));
}

void ArchiveOutput::write(std::string_view bytes) {
  if (!write_all(number(), bytes)) throw error("write");
}

void ArchiveOutput::finish() {
  if (to_stdout_) return;
  if (::fsync(file_.get()) != 0) throw error("write");
  if (::rename(draft_.c_str(), path_.c_str()) != 0) throw error("make");
  draft_.clear();
  const FileDescriptor folder(::open(folder_of(path_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder || ::fsync(folder.get()) != 0) throw error("keep");
}

ArchiveInput::ArchiveInput(const std::string& file_or_dash)
    : name_(file_or_dash == "-" ? "standard input" : file_or_dash) {
  if (file_or_dash == "-") {
    spool();
    return;
  }
  file_ = FileDescriptor(::open(file_or_dash.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file_) throw CommandError("cannot open the backup " + name_ + ": " + std::strerror(errno));
  struct stat status {};
  if (::fstat(file_.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
    throw CommandError("the backup " + name_ +
                       " is no ordinary file; a stream is read from standard input: -");
  }
}

void ArchiveInput::spool() {
  std::string name = (std::filesystem::temp_directory_path() / "mosaic-restore-XXXXXX").string();
  file_ = FileDescriptor(::mkstemp(name.data()));
  if (!file_)
    throw CommandError("cannot keep standard input in " + name + ": " + std::strerror(errno));
  ::unlink(name.c_str());
  std::string piece;
  while (read_piece(STDIN_FILENO, piece)) {
    if (!write_all(file_.get(), piece)) {
      throw CommandError("cannot keep standard input in " + folder_of(name).string() + ": " +
                         std::strerror(errno) + "; give the backup as a file, or set TMPDIR");
    }
    piece.clear();
  }
  if (errno != 0)
    throw CommandError("cannot read standard input: " + std::string(std::strerror(errno)));
}

ByteSource ArchiveInput::from_start() {
  if (::lseek(file_.get(), 0, SEEK_SET) != 0)
    throw CommandError("cannot read " + name_ + ": " + std::strerror(errno));
  return [this](std::string& into) {
    if (read_piece(file_.get(), into)) return true;
    if (errno != 0) throw CommandError("cannot read " + name_ + ": " + std::strerror(errno));
    return false;
  };
}

}  // namespace mosaic::cli
