// Runs one short program inside a running container and says how it ended: the only way by which we act inside an
// agent's container after its start. What comes back was written by an agent's container and is not to be trusted.
//
// Thread-safety: every method may be called from any thread at the same time.
#pragma once

#include <string>
#include <vector>

#include "model/clock.hpp"
#include "runtime/docker/engine_client.hpp"

namespace mosaic {

struct ExecResult {
  bool ended = false;  // else it took longer than its limit; it may go on, so it bounds itself
  int exit_code = -1;  // of one that has ended
  std::string output;  // of standard output, cut at the limit
};

// `command` becomes the arguments of a process, which everybody on the host may read: no secrets. It runs as the
// container's own user with the container's own environment. Throws EngineError: not_found, conflict (it does not
// run, or is paused), refused or failed (the program cannot be run in it), unavailable.
ExecResult run_in_container(EngineClient& engine, const std::string& container_id,
                            const std::vector<std::string>& command, Duration limit);

// What a program wrote to standard output, out of the engine's frames (stream 1; 8 bytes of header each). Pure.
std::string standard_output_of(std::string_view frames);

}  // namespace mosaic
