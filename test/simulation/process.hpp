// What all simulated processes share: they die and stand still at any of their calls to the engine or the database, and
// those calls fail, are answered late, or are done without an answer.
//
// Not thread-safe: the whole simulation has one thread. "Meanwhile" is real all the same: while a call takes its time, the
// simulation runs everybody else, the caller's own other threads included, within that call (Interruptions).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "model/clock.hpp"

namespace mosaic::simulation {

enum class Callee : std::uint8_t { engine, store };
// before: nothing has happened yet. after: it happened, and nobody has heard of it.
enum class Moment : std::uint8_t { before, after };

struct Process {
  explicit Process(std::string process_name) : name(std::move(process_name)) {}

  const std::string name;
  bool dead = false;    // kill -9: none of its calls does anything any more
  bool paused = false;  // SIGSTOP
  bool ending =
      false;         // in order: its threads are joined, and only the release of its lease is left
  int on_stack = 0;  // steps of it that have begun and not ended
  std::uint64_t calls = 0;

  int crash_in_calls = 0;  // zero: not planned
  int pause_in_calls = 0;
  Duration pause_lasts{};

  // Windows of faults: how many of each kind are open.
  int calls_fail = 0;
  int failure = 0;  // which kind
  int errors_echo = 0;
  int answers_lost = 0;
  int slow = 0;
  int database_fails = 0;
  int commits_unknown = 0;
};

// Counts a step of a process for as long as it lasts, so that nothing of it is destroyed under it.
class OnStack {
 public:
  explicit OnStack(Process& process) : process_(process) { ++process_.on_stack; }
  ~OnStack() { --process_.on_stack; }
  OnStack(const OnStack&) = delete;
  OnStack& operator=(const OnStack&) = delete;

 private:
  Process& process_;
};

// What the simulation does at every call of every process. Throws EngineError or StoreError.
class Interruptions {
 public:
  virtual ~Interruptions() = default;
  virtual void at_call(Process& process, Callee callee, std::string_view operation,
                       std::string_view target, Moment moment) = 0;
};

}  // namespace mosaic::simulation
