// What backup and restore tell while they work: one line per thing that is done, and whether somebody wants them to stop.
//
// Main thread only.
#pragma once

#include <chrono>
#include <cstdint>
#include <ostream>
#include <string>

#include "cli/failure.hpp"
#include "cli/output.hpp"
#include "cli/signal_watch.hpp"

namespace mosaic::cli {

// "812 B", "3.4 MB".
inline std::string human_bytes(std::uint64_t bytes) {
  constexpr std::uint64_t kilo = 1024;
  if (bytes < kilo) return std::to_string(bytes) + " B";
  double amount = static_cast<double>(bytes) / kilo;
  const char* unit = "KB";
  for (const char* larger : {"MB", "GB", "TB"}) {
    if (amount < kilo) break;
    amount /= kilo;
    unit = larger;
  }
  char text[32];
  std::snprintf(text, sizeof text, "%.1f %s", amount, unit);
  return text;
}

class BackupProgress {
 public:
  explicit BackupProgress(std::ostream& out) : out_(out) {}

  std::ostream& out() { return out_; }
  void say(const std::string& line) { out_ << "  " << printable(line, 400) << '\n' << std::flush; }
  // Throws when a signal asked for the end; called with every piece.
  void go_on() {
    if (signals_.wait(std::chrono::milliseconds(0)))
      throw CommandError("interrupted; nothing of it was kept");
  }

 private:
  std::ostream& out_;
  SignalWatch signals_;
};

}  // namespace mosaic::cli
