// mosaic backup and mosaic restore, step by step.
//
// Main thread only. Throw CommandError and what the parts throw: BackupError, StoreError, EngineError.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "cli/settings.hpp"

namespace mosaic::cli {

struct VolumeSelection {
  bool wanted = false;
  std::vector<std::string> agents;  // owners, names or row ids; empty: all
};

struct BackupRequest {
  std::string file;  // "-": standard output
  VolumeSelection volumes;
};

void run_backup(const Settings& settings, const BackupRequest& request, std::ostream& progress);

struct RestoreRequest {
  std::string file;      // "-": standard input
  std::string replaces;  // instance id of the fleet that may be thrown away
  VolumeSelection volumes;
  bool replace_volumes = false;
};

void run_restore(const Settings& settings, const RestoreRequest& request, std::ostream& progress);

}  // namespace mosaic::cli
