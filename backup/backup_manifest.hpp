// The first entry of a backup: what it is of, and what is in it. Everything by which a restore can be refused early
// stands here.
//
// A plain value with its text form (JSON). No secret is in it: the key check only tells whether a key is the right one.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "model/database_shape.hpp"
#include "model/resource_key.hpp"
#include "model/volume_role.hpp"

namespace mosaic {

// The archive cannot be used. what() is one line that says why and what to do.
class BackupError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct VolumeShape {
  ResourceKey key;  // the row of the agent
  std::string owner;
  std::string container_name;
  std::string image;  // by which it was read, and can be filled again
  VolumeRole role = VolumeRole::state;

  bool operator==(const VolumeShape&) const = default;
};

struct BackupManifest {
  static constexpr int newest_format = 1;

  int format = newest_format;
  std::string program;     // version of mosaic that wrote it
  std::string created_at;  // "2026-01-31T12:34:56Z"
  DatabaseShape database;
  std::vector<VolumeShape> volumes;

  // Names of all parts, in the order in which they stand in the archive.
  std::vector<std::string> parts() const;
  bool operator==(const BackupManifest&) const = default;
};

std::string table_part(const TableShape& table);
std::string volume_part(std::size_t index);  // in BackupManifest::volumes

std::string to_text(const BackupManifest& manifest);
// Throws BackupError; a newer format is told apart from a text that is none of ours.
BackupManifest parse_backup_manifest(std::string_view text);

}  // namespace mosaic
