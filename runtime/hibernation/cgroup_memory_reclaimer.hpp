// MemoryReclaimer through the cgroup files of the engine's own host: v1 memory.force_empty, v2 memory.reclaim. A
// container's cgroup is found by its process, so that no engine setting (cgroup parent, driver) matters.
//
// Thread-safety: every method may be called from any thread at the same time; holds no state but what it found out
// about the machine. reclaim() blocks for as long as the kernel takes to write the memory out.
#pragma once

#include <filesystem>
#include <mutex>
#include <optional>
#include <string>

#include "runtime/hibernation/memory_cgroup.hpp"
#include "runtime/hibernation/memory_reclaimer.hpp"

namespace mosaic {

class CgroupMemoryReclaimer final : public MemoryReclaimer {
 public:
  // `engine_url` tells whether the engine's containers are on this machine. `proc` is for tests.
  explicit CgroupMemoryReclaimer(std::string engine_url, std::filesystem::path proc = "/proc");

  bool possible() const override { return reason().empty(); }
  std::string reason() const override;
  RuntimeDriver::MemoryUse reclaim(const ContainerProcess& process) override;
  std::optional<RuntimeDriver::MemoryUse> memory_use(const ContainerProcess& process) override;

 private:
  std::string find_obstacle() const;
  // Nothing when the process is gone or is not the container's any more.
  std::optional<std::filesystem::path> folder_of(const ContainerProcess& process) const;
  void push_out_v1(const std::filesystem::path& folder) const;
  void push_out_v2(const std::filesystem::path& folder) const;

  const std::filesystem::path proc_;
  const std::optional<MemoryHierarchy> hierarchy_;
  const std::string engine_url_;
  mutable std::mutex mutex_;
  mutable std::optional<std::string>
      obstacle_;  // unset until the engine has answered once; empty: none
};

}  // namespace mosaic
