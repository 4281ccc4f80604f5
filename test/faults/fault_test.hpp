// One fault of the list, on a real Postgres and a real engine: an installation whose controller reaches both through
// proxies, agents whose desired state is known, a watch over what must never be so, and a line in the table at the end.
//
// A test says which fault it is with fault(), counts with inject(), and asks converges() for the rest. TearDown judges
// what holds for every fault: no violation of S1, S2 and S6 at any moment, no secret anywhere (S5), no row of a user
// changed or lost by the product (S7).
//
// MOSAIC_FAULTS: how many times as many injections as usual; 0: every possible one where they can be enumerated.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "test/e2e/kill_fleet.hpp"
#include "test/faults/database_proxy.hpp"
#include "test/faults/engine_proxy.hpp"
#include "test/faults/invariant_watch.hpp"

namespace mosaic::faults {

using namespace std::chrono_literals;
using e2e::Change;
using e2e::ChildProcess;
using e2e::ControllerPlace;
using e2e::eventually;
using e2e::eventually_well;
using e2e::Fleet;
using e2e::FleetOptions;
using e2e::FleetTest;
using e2e::KillFleet;
using std::chrono::milliseconds;
using Time = std::chrono::steady_clock;

// What goes wrong in these tests heals within this: a back-off may have to pass.
inline constexpr std::chrono::seconds heal_limit{60};
// Of the lease wherever it has to run out; everything about the lease scales with it.
inline constexpr int lease_seconds = 4;

FleetOptions with_short_lease(FleetOptions options = {});
// The same on another server than the sandbox's.
FleetOptions on_database(const std::string& url);
// For what a test keeps; not made yet.
std::filesystem::path folder_for(const std::string& name);
milliseconds since(Time::time_point begin);

class FaultTest : public testing::Test {
 public:
  ~FaultTest() override;

 protected:
  explicit FaultTest(FleetOptions options = with_short_lease());

  void SetUp() override;
  void TearDown() override;

  // By its number on the list.
  void fault(int number, const std::string& injected, const std::string& invariants);
  void inject() { ++injections_; }
  // Those that take half a minute and more run when MOSAIC_FAULTS is set, as ./dev prove does.
  static bool long_ones_too();
  static constexpr const char* long_one = "takes long: MOSAIC_FAULTS=1, or ./dev prove";
  // So many, or as many as MOSAIC_FAULTS asks for.
  int injections(int usually) const;
  // Which of `all` numbered moments (from 1): `usually` of them spread evenly, or as many as asked for.
  std::vector<int> moments(int all, int usually) const;
  void note(const std::string& figure) { figure_ = figure; }  // beside the usual ones

  // `count` agents named u1, u2 …; their rows' ids. All have somebody waiting, and run when this returns.
  std::vector<std::string> add_running(int count);
  void kill_controller_and_restart();
  // Every key is looked at anew, as after lost hints.
  void force_resync();

  // Rows and engine agree, and then two complete looks at everything change nothing more.
  testing::AssertionResult converges(milliseconds limit = heal_limit);
  testing::AssertionResult is_quiet();
  // The controller compares all rows with all containers so many times more. Takes the engine's place for a judge.
  testing::AssertionResult compares(int times);
  std::string only_container_of(const std::string& id);
  std::string started_at(const std::string& container);
  // Where the engine keeps an owner's state; the test looks from outside, as root.
  std::string state_folder(const std::string& owner);
  void write_memory(const std::string& owner);
  bool remembers(const std::string& owner);
  std::int64_t term();

  Fleet fleet;
  EngineProxy engine;
  DatabaseProxy database;
  KillFleet agents;
  InvariantWatch watch;
  milliseconds longest_heal{0};

  void look_for_rewrites();  // S7; at the end of each test by itself

 private:
  void install_rewrite_trap();
  void look_for_secrets();
  void report();

  int number_ = 0;
  std::string injected_, invariants_, figure_;
  int injections_ = 0;
  int owners_ = 0;
};

}  // namespace mosaic::faults
