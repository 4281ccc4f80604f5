// A disk in memory, small enough to be filled to its last byte. Needs root, in a mount namespace of the test's own.
//
// Used from one thread. Throws std::system_error when it cannot be mounted or filled.
#pragma once

#include <filesystem>

namespace mosaic::faults {

class SmallDisk {
 public:
  // Over whatever `folder` has, which is there again afterwards.
  SmallDisk(std::filesystem::path folder, int megabytes);
  ~SmallDisk();
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  const std::filesystem::path& folder() const { return folder_; }
  void fill();   // to the last byte; again: also what was freed meanwhile
  void relax();  // what fill() took is free again

 private:
  const std::filesystem::path folder_;
  const std::filesystem::path filler_;
};

}  // namespace mosaic::faults
