#include "test/faults/small_disk.hpp"

#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

namespace mosaic::faults {

SmallDisk::SmallDisk(std::filesystem::path folder, int megabytes)
    : folder_(std::move(folder)), filler_(folder_ / "filler") {
  std::filesystem::create_directories(folder_);
  const std::string size = "mode=711,size=" + std::to_string(megabytes) + "m";
  if (::mount("tmpfs", folder_.c_str(), "tmpfs", 0, size.c_str()) != 0)
    throw std::system_error(errno, std::generic_category(), "mount " + folder_.string());
}

SmallDisk::~SmallDisk() {
  // Lazily: what has files open there still keeps them until it ends.
  ::umount2(folder_.c_str(), MNT_DETACH);
}

void SmallDisk::fill() {
  const std::string page(4096, 'x');
  const int file = ::open(filler_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (file < 0) throw std::system_error(errno, std::generic_category(), filler_.string());
  while (::write(file, page.data(), page.size()) > 0) {
  }
  const int why = errno;
  ::close(file);
  if (why != ENOSPC) throw std::system_error(why, std::generic_category(), filler_.string());
}

void SmallDisk::relax() { std::filesystem::remove(filler_); }

}  // namespace mosaic::faults
