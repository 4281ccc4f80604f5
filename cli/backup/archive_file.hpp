// Where a backup goes and where it comes from: a file, or "-" for standard output and input.
//
// A file appears under its name complete and on disk, mode 0600, or not at all. What comes from standard input is kept
// in an unnamed file for as long as it is needed, because a backup is read twice: once to believe it, once to use it.
//
// Used from one thread. Errors: CommandError, one line.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "backup/archive_reader.hpp"
#include "cli/failure.hpp"
#include "cli/file_descriptor.hpp"

namespace mosaic::cli {

class ArchiveOutput {
 public:
  explicit ArchiveOutput(const std::string& file_or_dash);
  ~ArchiveOutput();  // an unfinished file is removed
  ArchiveOutput(const ArchiveOutput&) = delete;
  ArchiveOutput& operator=(const ArchiveOutput&) = delete;

  void write(std::string_view bytes);
  void finish();

 private:
  CommandError error(const std::string& what) const;
  int number() const { return to_stdout_ ? STDOUT_FILENO : file_.get(); }

  const bool to_stdout_;
  const std::filesystem::path path_;
  std::string draft_;
  FileDescriptor file_;
};

class ArchiveInput {
 public:
  explicit ArchiveInput(const std::string& file_or_dash);

  // From the beginning; one at a time.
  ByteSource from_start();

 private:
  void spool();

  const std::string name_;  // for people
  FileDescriptor file_;
};

}  // namespace mosaic::cli
