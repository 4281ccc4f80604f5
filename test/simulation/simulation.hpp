// One run: the production controllers and gateways on a clock that only this program moves, an in-memory database and a
// simulated engine, with everything that a history does to them. The same seed and history give the same run, call by
// call; nothing in it depends on a thread, an address or the time of day.
//
// While a call of one process takes its time, all others go on within it (at_call, pass_time), the caller's own other
// threads too, so that any two things may overlap. What is not simulated: an effect on the engine that comes after its
// controller's lease (a call is under way for at most the lease's margin), because no controller can prevent that.
//
// Not thread-safe. One object is one run.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "secrets/secret_box.hpp"
#include "test/fakes/fake_clock.hpp"
#include "test/fakes/fake_engine.hpp"
#include "test/fakes/fake_settings_store.hpp"
#include "test/fakes/fake_store.hpp"
#include "test/simulation/controller_process.hpp"
#include "test/simulation/gateway_process.hpp"
#include "test/simulation/history.hpp"
#include "test/simulation/invariants.hpp"
#include "test/simulation/trace.hpp"

namespace mosaic::simulation {

struct RunResult {
  std::optional<Violation> violation;
  std::uint64_t hash = 0;   // of all that happened
  std::uint64_t steps = 0;  // of processes
  std::uint64_t calls = 0;  // to engine and database, each of them a place to crash
  std::uint64_t turns = 0;  // that got a seat
  std::deque<std::string> lines;
};

class Simulation final : public Interruptions,
                         public EngineListener,
                         public ChangeListener,
                         public StatusListener {
 public:
  Simulation(std::uint64_t seed, const History& history, bool readable);
  ~Simulation() override;
  Simulation(const Simulation&) = delete;
  Simulation& operator=(const Simulation&) = delete;

  // The history, the heal, and what must be true then.
  RunResult run();

  // Interruptions
  void at_call(Process& process, Callee callee, std::string_view operation, std::string_view target,
               Moment moment) override;

  // What FakeEngine and FakeStore tell; handed on to each process, as the open faults allow.
  void on_agent_changed(const ResourceKey& key) override;
  void on_image_changed(const std::string& image) override;
  void on_events_missed() override;
  void on_engine_reachable(bool reachable) override;
  void on_row_changed(const ResourceKey& key, ChangeUrgency urgency) override;
  void on_settings_changed() override;
  void on_relist_needed() override;
  void on_status_moved(const ResourceKey& key) override;
  void on_statuses_missed() override;

 private:
  // Who has an agent, and the ids that their rows have had, the newest last.
  struct Person {
    std::string name;
    ResourceKind kind = ResourceKind::user_container;
    std::vector<std::string> ids;
  };
  template <typename Kind>
  struct Slot {
    std::unique_ptr<Kind> running;
    int lives = 0;
    SteadyTime back_at{};  // while nothing runs
    Duration downtime{};   // after the next crash
    bool to_end_in_order = false;
  };
  struct OpenStep {
    SteadyTime ends_at;
    std::function<void()> end;
  };
  struct Hint {
    SteadyTime due;
    std::function<void()> deliver;
  };

  // Time and order (simulation.cpp)
  bool over() const { return invariants_.violation().has_value(); }
  void run_until(SteadyTime end);
  bool work_once();
  SteadyTime next_due() const;
  void advance_to(SteadyTime time);
  void pass_time(Duration time, bool before_effect);
  int up_to(int most);
  bool chance(int percent) { return up_to(99) < percent; }
  void revive();
  void bury();
  bool deliver_hints();
  void hint(bool fallible, std::function<void()> deliver);

  // Faults of calls (simulation_faults.cpp)
  [[noreturn]] void die(Callee callee) const;
  void crash_or_pause(Process& process, Callee callee, Moment moment);
  void take_time(const Process& process, Callee callee, Moment moment);
  void fail_engine_call(const Process& process, Moment moment);
  bool store_fails(const Process& process, Moment moment);
  static std::string token_of(const std::string& owner);

  // Steps of the history (simulation_steps.cpp)
  bool apply_due_steps();
  void apply(const Step& step, int number);
  void begin_people_step(const Step& step, int number);
  void begin_container_step(const Step& step);
  void begin_world_step(const Step& step);
  void begin_process_step(const Step& step);
  void until(const Step& step, std::function<void()> end);
  void open_window(const Step& step, int Process::*counter);
  std::optional<ResourceKey> row_of(int agent);
  ResourceKey newest_key(int agent) const;
  std::string next_id(const std::string& owner);
  std::vector<ResourceKey> keys() const;
  void create(int agent, bool under_former_id);
  void replace_token(const ResourceKey& key, const std::string& word);
  void give_persona(const ResourceKey& key, const std::string& owner,
                    const std::string& personality);
  void try_persona(const Step& step, const ResourceKey& key, const std::string& owner);
  void give_provider(const std::string& owner, int detail);
  void change_setting(int detail);
  void place_foreign_container(const Step& step);
  void fail_over(const Step& step);
  bool answers(const ResourceKey& key, const ProbeTarget& target) const;

  // The end (simulation_convergence.cpp)
  void heal();
  void converge();
  std::string complaint();
  std::string complaint_about(const AgentRow& row);
  std::string complaint_about_awake(const AgentRow& row, const std::vector<FakeContainer>& own);
  std::string complaint_about_leftovers();
  // What a process of that row would fetch now.
  std::string configuration_of(const ResourceKey& key);
  void check_stability();
  std::string last_change() const;
  void check_service();

  FakeClock clock_;
  FakeStore store_{clock_};
  FakeAccountStore accounts_{clock_};
  FakeSettingsStore settings_{store_, accounts_};
  FakeEngine engine_;
  const SecretBox& box_;
  Trace trace_;
  Invariants invariants_{clock_, store_, engine_, trace_};
  std::mt19937_64 random_;
  const std::uint64_t seed_;
  const SteadyTime begin_;

  History history_;
  std::size_t next_step_ = 0;
  std::vector<OpenStep> open_;
  std::deque<Hint> hints_;

  std::array<Person, agents> people_;
  std::array<Slot<ControllerProcess>, controllers> controllers_;
  std::array<Slot<GatewayProcess>, gateways> gateways_;
  std::vector<std::unique_ptr<ControllerProcess>> dead_controllers_;
  std::vector<std::unique_ptr<GatewayProcess>> dead_gateways_;

  // Open faults that are nobody's in particular: how many of each.
  int stale_views_ = 0;
  int partial_lists_ = 0;
  int events_lost_ = 0;
  int events_doubled_ = 0;
  int events_reversed_ = 0;
  int events_late_ = 0;
  int database_away_ = 0;
  int notifications_lost_ = 0;
  int engine_away_ = 0;
  std::map<std::string, int> nodes_away_;
  int failing_copies_ = 0;
  int images_missing_ = 0;
  bool failing_over_ = false;
  std::map<ResourceKey, int> hanging_;
  std::map<ResourceKey, Duration> boot_times_;
  bool calm_ = false;

  int depth_ = 0;
  std::optional<SteadyTime> latest_;  // until when whatever waits within a call must be back
  std::uint64_t steps_ = 0;
  std::uint64_t calls_ = 0;
  std::uint64_t turns_ = 0;
  std::size_t checked_mutations_ = 0;
  int next_chat_ = 100'000;  // of those that no step began
};

}  // namespace mosaic::simulation
