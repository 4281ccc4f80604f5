// What this process holds and has used, as the kernel counts it.
//
// Free functions; safe from any thread.
#pragma once

#include <chrono>

namespace mosaic::bench {

struct ResidentMemory {
  double now_mb = 0;
  double peak_mb = 0;  // since the last forget_peak()
};

ResidentMemory resident_memory();
void forget_peak();

// Time on a processor of all threads, in user and kernel mode.
std::chrono::microseconds processor_time();

}  // namespace mosaic::bench
