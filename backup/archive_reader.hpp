// Reads a backup piece by piece and believes nothing: headers must be byte for byte what the writer makes, parts must
// come as the manifest says, and the last entry must be the one that follows from all bytes before it. Whoever has read
// an archive to its end without an exception has an archive in which not one bit is another than when it was written.
//
// Thread-safety: one thread at a time. Memory is bounded by one piece of the source and the manifest.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "backup/archive_writer.hpp"
#include "backup/backup_manifest.hpp"
#include "secrets/sha256.hpp"

namespace mosaic {

// Appends some bytes; false at the end, and then nothing is appended.
using ByteSource = std::function<bool(std::string& into)>;

class ArchiveReader {
 public:
  // Reads the manifest. Throws BackupError.
  explicit ArchiveReader(ByteSource source);

  const BackupManifest& manifest() const { return manifest_; }
  // The next bytes of the part that is due, appended to `into`; false at its end, after which the next part of the
  // manifest is due.
  bool read(std::string& into);
  // Reads over what is left of the part that is due.
  void skip_part();
  // After the last part: the end is there, true, and sealed with our key.
  void finish(const BackupSeal& seal);

 private:
  // The header that is due, unless an earlier look found it: its name and size.
  const std::string& next_name();
  void accept_entry(std::size_t most);  // the header counts, its content follows
  void finish_entry();                  // after the content: padding
  std::string_view take(std::size_t bytes);
  void fill(std::size_t bytes);
  void end_part();

  const ByteSource source_;
  std::string buffer_;
  std::size_t used_ = 0;  // of the buffer
  std::string header_;    // empty: none has been read
  std::string name_;
  std::size_t size_ = 0;
  std::size_t left_ = 0;  // of the entry being read
  BackupManifest manifest_;
  std::vector<std::string> expected_;
  Sha256 whole_;
  Sha256 part_hash_;
  PartSummary part_;
  std::vector<PartSummary> parts_;
};

}  // namespace mosaic
