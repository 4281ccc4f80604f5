// An agent without a process, for as long as this object lives: its state is in SQLite files, which must not be copied
// while something writes them.
//
// It is asked to stop as mosaic stop would, so running turns come to their end first, and afterwards its row asks for what
// it asked for before. Nobody but the leading controller touches containers; without one the agent must be at rest
// already. What counts in the end is what the engine says.
//
// Used from one thread. Errors: CommandError, StoreError, EngineError.
#pragma once

#include "cli/backup/progress.hpp"
#include "model/agent.hpp"
#include "model/clock.hpp"
#include "runtime/runtime_driver.hpp"
#include "store/store.hpp"

namespace mosaic::cli {

class QuietAgent {
 public:
  QuietAgent(Store& store, RuntimeDriver& driver, const Clock& clock, const AgentRow& row,
             const AgentIdentity& identity, const std::string& image, BackupProgress& progress);
  ~QuietAgent();
  QuietAgent(const QuietAgent&) = delete;
  QuietAgent& operator=(const QuietAgent&) = delete;

  // What the destructor does otherwise; says what went wrong.
  void resume();

 private:
  void stop(BackupProgress& progress);
  void require_no_process(const AgentIdentity& identity, const std::string& image);

  Store& store_;
  RuntimeDriver& driver_;
  const Clock& clock_;
  const AgentRow row_;
  bool asked_ = false;  // our wish stands in the row
};

}  // namespace mosaic::cli
