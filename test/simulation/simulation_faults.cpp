// What happens to a call of a simulated process: death, standstill, delay, failure, a lost answer.
#include <algorithm>

#include "runtime/docker/engine_error_text.hpp"
#include "test/simulation/simulation.hpp"

namespace mosaic::simulation {
namespace {

using std::chrono::milliseconds;

constexpr int fault_percent = 40;  // of the calls within a window
// A call that is begun while the lease is trusted has its effect before the lease can be another's.
constexpr int longest_way_ms = 900;
constexpr int longest_answer_ms = 8'000;

constexpr std::array<EngineErrorKind, 6> kinds{
    EngineErrorKind::unavailable, EngineErrorKind::failed,        EngineErrorKind::conflict,
    EngineErrorKind::disk_full,   EngineErrorKind::out_of_memory, EngineErrorKind::not_found};

}  // namespace

void Simulation::at_call(Process& process, Callee callee, std::string_view operation,
                         std::string_view target, Moment moment) {
  if (process.dead || over()) die(callee);
  trace_.note({process.name, moment == Moment::before ? "calls" : "has", operation, target});
  ++process.calls;
  ++calls_;
  crash_or_pause(process, callee, moment);
  take_time(process, callee, moment);
  if (process.dead || over()) die(callee);
  if (callee == Callee::engine) return fail_engine_call(process, moment);
  if (store_fails(process, moment)) throw StoreError("the database did not answer");
}

// All that a dead process still does comes to nothing.
void Simulation::die(Callee callee) const {
  if (callee == Callee::engine) throw EngineError(EngineErrorKind::unavailable, "dead");
  throw StoreError("dead");
}

void Simulation::crash_or_pause(Process& process, Callee callee, Moment moment) {
  if (process.crash_in_calls > 0 && --process.crash_in_calls == 0) {
    trace_.note({process.name, "is killed"});
    process.dead = true;
    die(callee);
  }
  const bool on_its_way = callee == Callee::engine && moment == Moment::before;
  if (process.pause_in_calls == 0 || on_its_way || latest_ || --process.pause_in_calls > 0) return;
  trace_.note({process.name, "is stopped"});
  process.paused = true;
  pass_time(process.pause_lasts, false);
  process.paused = false;
  trace_.note({process.name, "goes on"});
}

void Simulation::take_time(const Process& process, Callee callee, Moment moment) {
  const bool on_its_way = callee == Callee::engine && moment == Moment::before;
  if (process.slow > 0 && chance(fault_percent)) {
    pass_time(milliseconds(1 + up_to(on_its_way ? longest_way_ms : longest_answer_ms)), on_its_way);
  } else if (on_its_way) {
    clock_.advance(milliseconds(1));
  }
}

void Simulation::fail_engine_call(const Process& process, Moment moment) {
  if (moment == Moment::after) {
    if (process.answers_lost > 0 && chance(fault_percent)) {
      trace_.note({"the answer is lost"});
      throw EngineError(EngineErrorKind::unavailable, "the engine did not answer in time");
    }
    return;
  }
  if (process.errors_echo > 0 && chance(fault_percent)) {
    trace_.note({"the engine fails and tells the environment"});
    // As the driver does it: with the token that the call carried.
    throw classify_answer(
        "start container", 500,
        R"({"message":"OCI runtime failed: env TOKEN=)" + token_of("user-0") + R"("})",
        {token_of("user-0")});
  }
  if (process.calls_fail == 0 || !chance(fault_percent)) return;
  trace_.note({"the engine refuses"});
  throw EngineError(kinds.at(static_cast<std::size_t>(process.failure) % kinds.size()),
                    "the engine could not do it");
}

bool Simulation::store_fails(const Process& process, Moment moment) {
  if (moment == Moment::before && database_away_ > 0) return true;
  const int open = moment == Moment::before ? process.database_fails : process.commits_unknown;
  if (open == 0 || !chance(fault_percent)) return false;
  trace_.note({moment == Moment::before ? "the database fails" : "the database does not say"});
  return true;
}

}  // namespace mosaic::simulation
