#include "bench/process_usage.hpp"

#include <sys/resource.h>

#include <fstream>
#include <stdexcept>
#include <string>

namespace mosaic::bench {
namespace {

std::chrono::microseconds to_duration(const timeval& time) {
  return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
}

}  // namespace

ResidentMemory resident_memory() {
  constexpr double kib_per_mb = 1024.0;
  std::ifstream status("/proc/self/status");
  ResidentMemory memory;
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) memory.now_mb = std::stod(line.substr(6)) / kib_per_mb;
    if (line.starts_with("VmHWM:")) memory.peak_mb = std::stod(line.substr(6)) / kib_per_mb;
  }
  if (memory.now_mb == 0) throw std::runtime_error("/proc/self/status tells no memory");
  return memory;
}

void forget_peak() {
  std::ofstream references("/proc/self/clear_refs");
  references << 5;  // resets VmHWM, see proc(5)
  references.flush();
  if (!references) throw std::runtime_error("/proc/self/clear_refs cannot be written");
}

std::chrono::microseconds processor_time() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return to_duration(usage.ru_utime) + to_duration(usage.ru_stime);
}

}  // namespace mosaic::bench
