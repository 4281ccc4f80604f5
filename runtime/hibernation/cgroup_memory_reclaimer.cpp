#include "runtime/hibernation/cgroup_memory_reclaimer.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "runtime/firewall/engine_locality.hpp"

namespace mosaic {

namespace {

namespace files = std::filesystem;

constexpr std::int64_t mebibyte = 1024 * 1024;
// v2 reclaims at most what is asked for, and answers EAGAIN when it found less: steps show how far it came.
constexpr std::int64_t reclaim_step_bytes = 64 * mebibyte;
constexpr int reclaim_steps_max = 1024;

// 0, or the error.
int write_to_kernel(const files::path& path, const std::string& text) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (file < 0) return errno;
  ssize_t written = 0;
  do {
    written = ::write(file, text.data(), text.size());
  } while (written < 0 && errno == EINTR);
  const int error = written < 0 ? errno : 0;
  ::close(file);
  return error;
}

RuntimeDriver::MemoryUse in_mebibytes(const CgroupMemory& memory) {
  return {memory.resident_bytes / mebibyte, memory.swap_bytes / mebibyte};
}

// Where a cgroup's files would show: our own cgroup, the top one, and those right below it.
std::vector<files::path> sample_cgroups(const MemoryHierarchy& hierarchy,
                                        std::string_view own_cgroups) {
  std::vector<files::path> samples;
  if (const auto own = memory_cgroup_folder(hierarchy, own_cgroups)) samples.push_back(*own);
  samples.push_back(hierarchy.mount_point);
  std::error_code error;
  for (files::directory_iterator entry(hierarchy.mount_point, error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->is_directory(error)) samples.push_back(entry->path());
  }
  return samples;
}

[[noreturn]] void throw_gone(const ContainerProcess& process) {
  throw EngineError(EngineErrorKind::not_found,
                    "the process of container " + process.container_id.substr(0, 12) + " is gone");
}

}  // namespace

CgroupMemoryReclaimer::CgroupMemoryReclaimer(std::string engine_url, files::path proc)
    : proc_(std::move(proc)),
      hierarchy_(find_memory_hierarchy(
          read_kernel_file(proc_ / "self/mountinfo").value_or(std::string()))),
      engine_url_(std::move(engine_url)) {}

std::string CgroupMemoryReclaimer::reason() const {
  const std::lock_guard lock(mutex_);
  if (obstacle_) return *obstacle_;
  const auto locality = locate_engine(engine_url_);
  if (locality.place == EngineLocality::Place::unknown) return locality.reason;
  obstacle_ = locality.place == EngineLocality::Place::here ? find_obstacle() : locality.reason;
  return *obstacle_;
}

std::string CgroupMemoryReclaimer::find_obstacle() const {
  if (parse_swaps(read_kernel_file(proc_ / "swaps").value_or(std::string())).total_bytes == 0) {
    return "the host has no swap; add some (a swap file or zram) and restart Mosaic Fleet";
  }
  if (!hierarchy_) return "no cgroup hierarchy with memory accounting is mounted here";
  const auto own_cgroups = read_kernel_file(proc_ / "self/cgroup").value_or(std::string());
  bool exists = false;
  for (const auto& folder : sample_cgroups(*hierarchy_, own_cgroups)) {
    const auto file = folder / hierarchy_->reclaim_file();
    std::error_code error;
    exists = exists || files::exists(file, error);
    if (::access(file.c_str(), W_OK) == 0) return {};
  }
  if (exists)
    return hierarchy_->reclaim_file() +
           " cannot be written: run the controller as root on the engine's host";
  return "the kernel does not offer " + hierarchy_->reclaim_file() +
         (hierarchy_->version == MemoryHierarchy::Version::v2 ? " (Linux 5.19 or newer has it)"
                                                              : "");
}

std::optional<files::path> CgroupMemoryReclaimer::folder_of(const ContainerProcess& process) const {
  if (!hierarchy_ || process.pid <= 0 || process.container_id.empty()) return std::nullopt;
  const auto cgroups = read_kernel_file(proc_ / std::to_string(process.pid) / "cgroup");
  if (!cgroups) return std::nullopt;
  auto folder = memory_cgroup_folder(*hierarchy_, *cgroups);
  // Process ids are used again: the container's id in the path proves that it is still the same one.
  if (folder && folder->string().find(process.container_id) == std::string::npos)
    return std::nullopt;
  return folder;
}

RuntimeDriver::MemoryUse CgroupMemoryReclaimer::reclaim(const ContainerProcess& process) {
  if (const auto why_not = reason(); !why_not.empty()) {
    throw EngineError(EngineErrorKind::unavailable, "hibernation is not possible: " + why_not);
  }
  const auto folder = folder_of(process);
  if (!folder) throw_gone(process);
  const auto before = read_cgroup_memory(*hierarchy_, *folder);
  if (!before) throw_gone(process);
  if (hierarchy_->version == MemoryHierarchy::Version::v1) {
    push_out_v1(*folder);
  } else {
    push_out_v2(*folder);
  }
  const auto after = read_cgroup_memory(*hierarchy_, *folder);
  if (!after) throw_gone(process);
  if (after->resident_bytes > before->resident_bytes / 2 && after->resident_bytes > 16 * mebibyte) {
    const auto swap = parse_swaps(read_kernel_file(proc_ / "swaps").value_or(std::string()));
    throw EngineError(
        EngineErrorKind::failed,
        "only " + std::to_string((before->resident_bytes - after->resident_bytes) / mebibyte) +
            " of " + std::to_string(before->resident_bytes / mebibyte) + " MiB went to swap (" +
            std::to_string(swap.free_bytes / mebibyte) +
            " MiB of swap are free on the host; the container's own swap limit may be lower)");
  }
  return in_mebibytes(*after);
}

std::optional<RuntimeDriver::MemoryUse> CgroupMemoryReclaimer::memory_use(
    const ContainerProcess& process) {
  const auto folder = folder_of(process);
  if (!folder) return std::nullopt;
  const auto memory = read_cgroup_memory(*hierarchy_, *folder);
  return memory ? std::optional(in_mebibytes(*memory)) : std::nullopt;
}

void CgroupMemoryReclaimer::push_out_v1(const files::path& folder) const {
  const int error = write_to_kernel(folder / "memory.force_empty", "0");
  // Busy and interrupted only mean that something is left: what is left is measured by the caller.
  if (error == 0 || error == EBUSY || error == EINTR) return;
  throw EngineError(EngineErrorKind::failed,
                    "memory.force_empty refused: " + std::generic_category().message(error));
}

void CgroupMemoryReclaimer::push_out_v2(const files::path& folder) const {
  auto left = read_cgroup_memory(*hierarchy_, folder);
  for (int step = 0; left && left->resident_bytes > mebibyte && step < reclaim_steps_max; ++step) {
    const auto size = std::min(left->resident_bytes, reclaim_step_bytes);
    const int error = write_to_kernel(folder / "memory.reclaim", std::to_string(size));
    if (error != 0 && error != EAGAIN && error != EINTR) {
      throw EngineError(EngineErrorKind::failed,
                        "memory.reclaim refused: " + std::generic_category().message(error));
    }
    const auto now = read_cgroup_memory(*hierarchy_, folder);
    // Hardly any progress: the rest cannot be moved.
    if (now && left->resident_bytes - now->resident_bytes < mebibyte) return;
    left = now;
  }
}

}  // namespace mosaic
