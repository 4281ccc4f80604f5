// Writes a backup as a tar archive, piece by piece: a manifest, then the parts that it names, each cut into entries of a
// few MiB (nobody knows how long a part will be before it has come), then a last entry with the length and SHA-256 of
// every part, the SHA-256 of all bytes before it, and a seal over that. An archive without that last entry is none.
//
// Thread-safety: one thread at a time. Memory is bounded by one entry.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "backup/backup_manifest.hpp"
#include "secrets/sha256.hpp"

namespace mosaic {

// Takes the archive's bytes; throws what ends the backup.
using ByteSink = std::function<void(std::string_view)>;
// A keyed hash of a text: whoever has not the key can make no archive that passes for a backup.
using BackupSeal = std::function<std::string(const std::string& text)>;

inline constexpr std::size_t backup_chunk_bytes = 4 * 1024 * 1024;

// What the last entry tells of one part.
struct PartSummary {
  std::string name;
  std::uint64_t bytes = 0;
  std::uint64_t chunks = 0;
  std::string sha256;
};

std::string end_text(const std::vector<PartSummary>& parts, const std::string& sha256,
                     const BackupSeal& seal);
std::string chunk_name(const std::string& part, std::uint64_t number);
inline constexpr std::string_view manifest_entry = "manifest.json";
inline constexpr std::string_view end_entry = "end.json";

class ArchiveWriter {
 public:
  // Writes the manifest at once.
  ArchiveWriter(const BackupManifest& manifest, ByteSink sink);

  // Every part of the manifest, in its order.
  void begin_part(const std::string& name);
  void write(std::string_view bytes);
  void end_part();
  void finish(const BackupSeal& seal);

  std::uint64_t bytes() const { return bytes_; }  // of the archive so far

 private:
  void put(std::string_view bytes);
  void put_entry(std::string_view name, std::string_view content);
  void put_chunk();

  const std::vector<std::string> expected_;
  const ByteSink sink_;
  Sha256 whole_;
  Sha256 part_hash_;
  PartSummary part_;
  std::string chunk_;
  std::vector<PartSummary> parts_;
  bool in_part_ = false;
  std::uint64_t bytes_ = 0;
};

}  // namespace mosaic
