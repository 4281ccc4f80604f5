#include "test/simulation/controller_process.hpp"

#include <algorithm>
#include <array>

namespace mosaic::simulation {
namespace {

using std::chrono::seconds;

constexpr Duration poll_interval = seconds(2);
constexpr Duration calm_poll_interval = seconds(20);
constexpr Duration probe_interval_starting = seconds(1);
constexpr Duration probe_interval_ready = seconds(15);
constexpr int misses_that_count = 3;

ControlLoopSettings settings_of(const std::string& name, std::uint64_t seed) {
  ControlLoopSettings settings;
  settings.holder = name;
  settings.start_concurrency = 2;
  settings.lease.retry_every = seconds(2);
  settings.informer.seed = seed;
  settings.queue.seed = seed;
  return settings;
}

}  // namespace

ControllerProcess::ControllerProcess(const ControllerWorld& world, const std::string& name,
                                     std::uint64_t seed)
    : world_(world),
      process_(name),
      store_(world.store, process_, world.interruptions, world.invariants),
      engine_(world.engine, world.clock, process_, world.interruptions, world.invariants,
              world.leave_out) {
  const auto report = [this](const std::string& line) {
    world_.invariants.text_written("a report of " + process_.name, line);
  };
  loop_ = std::make_unique<ControlLoop>(
      world.clock, store_, engine_, world.box,
      [this](HealthListener& listener) {
        auto monitor = std::make_unique<FakeHealthMonitor>(world_.clock, &listener);
        health_ = monitor.get();
        return monitor;
      },
      settings_of(name, seed), ControlLoopObservers{*this, *this, *this, nullptr, {}, {}, report});
  engine_.watch(loop_->informer());
  const SteadyTime now = world_.clock.steady_now();
  next_election_ = next_look_ = next_poll_ = next_probe_ = now;
}

bool ControllerProcess::step(unsigned choice) {
  if (process_.dead || process_.paused || process_.ending) return false;
  using Part = bool (ControllerProcess::*)(SteadyTime now);
  static constexpr std::array<Part, 5> parts{&ControllerProcess::elect, &ControllerProcess::inform,
                                             &ControllerProcess::listen, &ControllerProcess::probe,
                                             &ControllerProcess::work};
  const OnStack on_stack(process_);
  const SteadyTime now = world_.clock.steady_now();
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if ((this->*parts.at((choice + i) % parts.size()))(now)) return true;
  }
  return false;
}

SteadyTime ControllerProcess::next_due() const {
  SteadyTime due = std::min({next_election_, next_look_, next_poll_, next_probe_});
  if (const auto timer = loop_->queue().next_timer()) due = std::min(due, *timer);
  return due;
}

bool ControllerProcess::elect(SteadyTime now) {
  if (electing_ || now < next_election_) return false;
  electing_ = true;
  Duration next = loop_->elector().tick();
  electing_ = false;
  // Nobody is about to die any more: a standby need not ask every second.
  if (calm_ && !leads()) next = std::max<Duration>(next, seconds(10));
  next_election_ = world_.clock.steady_now() + next;
  return true;
}

bool ControllerProcess::inform(SteadyTime now) {
  const bool due = now >= next_look_ || loop_->informer().is_requested();
  if (informing_ || !due) return false;
  informing_ = true;
  const Duration next = loop_->informer().run_pending();
  informing_ = false;
  next_look_ = world_.clock.steady_now() + next;
  return true;
}

// Notifications are hints; what is lost of them is made up for here.
bool ControllerProcess::listen(SteadyTime now) {
  if (listening_ || now < next_poll_) return false;
  listening_ = true;
  try {
    const ChangeBatch batch = store_.changes_since(cursor_);
    cursor_ = batch.cursor;
    ChangeListener& listener = loop_->change_listener();
    for (const auto& key : batch.keys) listener.on_row_changed(key, ChangeUrgency::spec_change);
    if (batch.settings_changed) listener.on_settings_changed();
    if (batch.relist) listener.on_relist_needed();
  } catch (const StoreError& error) {
    world_.invariants.text_written("an error of " + process_.name, error.what());
  }
  listening_ = false;
  next_poll_ = world_.clock.steady_now() + (calm_ ? calm_poll_interval : poll_interval);
  return true;
}

bool ControllerProcess::probe(SteadyTime now) {
  if (now < next_probe_) return false;
  bool starting = false;
  for (const auto& key : world_.keys()) {
    if (const auto target = health_->watched(key)) starting = !probe_one(key, *target) || starting;
  }
  next_probe_ =
      world_.clock.steady_now() + (starting ? probe_interval_starting : probe_interval_ready);
  return true;
}

// False: it is to be looked at again soon.
bool ControllerProcess::probe_one(const ResourceKey& key, const ProbeTarget& target) {
  const Health before = health_->view(key, target).health;
  if (world_.answers(key, target)) {
    missed_.erase(key);
    if (before != Health::ready) health_->set_ready(key);
    return true;
  }
  if (before == Health::ready && ++missed_[key] >= misses_that_count) health_->set_failing(key);
  return false;
}

bool ControllerProcess::work(SteadyTime) {
  if (working_ >= workers) return false;
  ++working_;
  const bool worked = loop_->controller().process_next();
  --working_;
  return worked;
}

void ControllerProcess::end_in_order() {
  process_.ending = true;
  loop_->elector().stop();
  process_.dead = true;
}

std::string ControllerProcess::pending() const {
  return std::to_string(loop_->queue().depth()) + " keys and " +
         std::to_string(loop_->queue().timers()) + " timers";
}

void ControllerProcess::on_reconcile_begin(const ResourceKey& key) {
  world_.invariants.reconcile_begins(process_, key);
}

void ControllerProcess::on_reconcile_end(const ResourceKey& key, ReconcileResult,
                                         std::chrono::nanoseconds, std::string_view error) {
  world_.invariants.reconcile_ends(process_, key);
  if (!error.empty())
    world_.invariants.text_written("an error of the reconcile of " + to_string(key), error);
}

void ControllerProcess::on_relist_failed(const std::string& error) {
  world_.invariants.text_written("an error of a listing", error);
}

void ControllerProcess::on_action_failed(const ResourceKey& key, ActionKind,
                                         const std::string& error) {
  world_.invariants.text_written("an error of an action on " + to_string(key), error);
}

}  // namespace mosaic::simulation
