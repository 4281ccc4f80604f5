// Tells `./dev prove` what was measured: one JSON object a line, appended to the file that MOSAIC_PROOF names. Without it
// nothing is written. Safe from several processes at once: a line is one write to a file opened for appending.
#pragma once

#include <string_view>

namespace mosaic::test {

struct ProofLine {
  std::string_view
      section;  // simulation, mutations, faults, kills, fuzz, failover, sanitizers, backup, swarm
  std::string_view claim;   // what must hold, in one line
  std::string_view figure;  // what was measured
  bool held = false;
};

// Throws std::system_error when the file cannot be written: a proof that was lost is none.
void write_proof(const ProofLine& line);

}  // namespace mosaic::test
