// Where a process's memory is accounted for, and what that cgroup says: the kernel's files, read and nothing else.
//
// Thread-safety: free functions and values without shared state. Files are read anew at every call.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace mosaic {

// How this machine mounts the memory controller.
struct MemoryHierarchy {
  enum class Version : std::uint8_t { v1, v2 };

  Version version = Version::v2;
  std::filesystem::path mount_point;
  std::string mount_root;  // the cgroup that the mount point shows, "/" as a rule

  // The file that pushes memory out when written to.
  std::string reclaim_file() const {
    return version == Version::v1 ? "memory.force_empty" : "memory.reclaim";
  }
};

// From the text of /proc/self/mountinfo. v1 wins where both are mounted: then that is where memory is accounted for.
std::optional<MemoryHierarchy> find_memory_hierarchy(std::string_view mountinfo);

// The folder of a process's memory cgroup, from the text of /proc/<pid>/cgroup; nothing when it is not below our
// mount.
std::optional<std::filesystem::path> memory_cgroup_folder(const MemoryHierarchy& hierarchy,
                                                          std::string_view cgroups);

struct CgroupMemory {
  std::int64_t resident_bytes = 0;
  std::int64_t swap_bytes = 0;
};
std::optional<CgroupMemory> read_cgroup_memory(const MemoryHierarchy& hierarchy,
                                               const std::filesystem::path& folder);

struct SwapSpace {
  std::int64_t total_bytes = 0;
  std::int64_t free_bytes = 0;
};
// From the text of /proc/swaps.
SwapSpace parse_swaps(std::string_view swaps);

// A small kernel file as a whole; nothing when it cannot be read.
std::optional<std::string> read_kernel_file(const std::filesystem::path& path);

}  // namespace mosaic
