#include "reconcilers/agent_reconciler.hpp"

#include <algorithm>
#include <utility>

#include "reconcilers/config_hash.hpp"
#include "reconcilers/failure_plan.hpp"
#include "reconcilers/wakefulness.hpp"

namespace mosaic {
namespace {

// A wake from nothing takes five; more means that something undoes our work, and others want the
// worker too.
constexpr int most_steps = 12;
constexpr int most_readings = 3;
constexpr Duration stale_recheck = std::chrono::milliseconds(100);
// An engine tells of a container that it could not keep as of one that came and went: without a pause its own events would
// have us try again at once, for as long as its disk is full.
constexpr Duration full_disk_pause = std::chrono::seconds(5);

bool has_process(const std::optional<ContainerView>& container) {
  return container && (container->state == ContainerState::running ||
                       container->state == ContainerState::paused);
}

bool is_bad_news(const AgentStatus& status) {
  return status.phase == Phase::failed || status.phase == Phase::waiting;
}

std::int64_t memory_of(const ObservedAgent& observed, const AgentSpec& spec) {
  const bool known = observed.container && observed.container->memory_mb > 0;
  return known ? observed.container->memory_mb : spec.limits.memory_mb;
}

// The Ready condition's reason and message while the fleet has no room.
std::pair<std::string, std::string> why_it_waits(Admittance admittance, std::int64_t memory_mb) {
  switch (admittance) {
    case Admittance::no_memory:
      return {"WaitingForMemory", "needs " + std::to_string(memory_mb) +
                                      " MB, and the host's memory for agents is taken; it starts "
                                      "when another agent sleeps"};
    case Admittance::too_many_agents:
      return {"WaitingForPlace",
              "as many agents run as an admin allows (maxRunningAgents); it starts when another "
              "agent sleeps"};
    default:
      return {"WaitingForStartSlot", "other agents are being started; it is next in line"};
  }
}

}  // namespace

AgentReconciler::AgentReconciler(const Dependencies& dependencies) : it_(dependencies) {}

Outcome AgentReconciler::reconcile(const ResourceKey& key) {
  note_term();
  for (int reading = 0; reading < most_readings; ++reading) {
    auto row = it_.rows.find_agent(key);
    if (!row) return row_gone(key);
    Pass pass;
    pass.row = std::move(*row);
    pass.fleet = it_.fleet.picture();
    pass.wanted =
        it_.fingerprints.of(pass.row, it_.rows.find_config_source(key), pass.fleet->settings,
                            pass.fleet->template_fingerprint, pass.fleet->swap_allowed());
    bool read_again = false;
    const Outcome outcome = run(pass, read_again);
    if (!read_again) return outcome;
  }
  // The row changes faster than we plan; its next hint is already on the way.
  return Outcome{stale_recheck, Priority::spec_change};
}

// A former leader's actions are not among our own: what was observed before we led may be older than
// any of them.
void AgentReconciler::note_term() {
  const auto term = it_.leadership.term();
  const std::lock_guard lock(mutex_);
  if (!term || term == term_) return;
  term_ = term;
  term_began_ = it_.clock.now();
}

Outcome AgentReconciler::row_gone(const ResourceKey& key) {
  it_.health.forget(key);
  it_.admission.release(key);
  it_.sleep.forget(key);
  {
    const std::lock_guard lock(mutex_);
    last_action_.erase(key);
    waking_from_.erase(key);
    disk_was_full_.erase(key);
  }
  // Whether anything of it is left, and may go, is the cleanup's to find out.
  it_.queue.add(ResourceKey(ResourceKind::orphan, to_string(key)), Priority::spec_change);
  wake_waiting();
  return {};
}

Outcome AgentReconciler::run(Pass& pass, bool& read_again) {
  try {
    bool look = true;
    for (int count = 0; count < most_steps; ++count) {
      if (look && !observe(pass)) {
        it_.observer.on_stale_observation(pass.row.key);
        flush_events(pass);
        return Outcome{stale_recheck, Priority::crash};
      }
      const Step result = step(pass);
      look = result.next == Next::observe_again;
      if (look || result.next == Next::decide_again) continue;
      read_again = result.next == Next::read_again;
      flush_events(pass);
      return result.outcome;
    }
  } catch (...) {
    flush_events(pass);
    throw;
  }
  flush_events(pass);
  return Outcome{stale_recheck, Priority::resync};
}

// False when the engine showed something older than our own last action, or than our leadership.
bool AgentReconciler::observe(Pass& pass) {
  pass.observed = it_.driver.observe(pass.wanted.spec.identity, pass.wanted.spec.image);
  if (is_out_of_date(pass.row.key, pass.observed.as_of)) return false;
  const auto target = probe_target(pass);
  pass.health = target ? it_.health.view(pass.row.key, *target) : HealthView{};
  look_at_sleep(pass);
  return true;
}

bool AgentReconciler::is_out_of_date(const ResourceKey& key, TimePoint as_of) {
  const std::lock_guard lock(mutex_);
  const auto last = last_action_.find(key);
  return as_of < term_began_ || (last != last_action_.end() && as_of < last->second);
}

std::optional<ProbeTarget> AgentReconciler::probe_target(const Pass& pass) const {
  const auto& container = pass.observed.container;
  if (!container || container->state != ContainerState::running || container->endpoint.empty())
    return std::nullopt;
  return ProbeTarget{container->id, container->endpoint,
                     container->started_at.value_or(TimePoint{})};
}

void AgentReconciler::look_at_sleep(Pass& pass) {
  const TimePoint now = it_.clock.now();
  const AgentRow& row = pass.row;
  if (wakefulness(row, now, pass.schedule ? &*pass.schedule : nullptr).awake ||
      row.deletion_requested_at || !has_process(pass.observed.container)) {
    it_.sleep.forget(row.key);
    pass.sleep = SleepAllowance{SleepDepth::stopped, std::nullopt, "idle agents are stopped"};
    return;
  }
  Sleeper sleeper;
  sleeper.key = row.key;
  sleeper.last_used = row.last_active_at.value_or(TimePoint{});
  sleeper.asleep_since = row.status.asleep_since.value_or(now);
  sleeper.hibernated = row.status.phase == Phase::hibernated;
  sleeper.memory_mb = memory_of(pass.observed, pass.wanted.spec);
  pass.sleep = it_.sleep.allowance(sleeper, now);
}

AgentReconciler::Step AgentReconciler::step(Pass& pass) {
  const Plan plan = plan_agent(
      PlanInput{pass.row, pass.wanted.fingerprints, pass.observed, pass.health, pass.sleep,
                pass.fleet->settings, it_.clock.now(), pass.schedule ? &*pass.schedule : nullptr,
                pass.move ? &*pass.move : nullptr, pass.fleet->engine.capabilities.inside,
                pass.fleet->engine.capabilities.baseline_gaps});
  if (plan.suspect)
    it_.queue.add(ResourceKey(ResourceKind::orphan, to_string(*plan.suspect)),
                  Priority::spec_change);
  settle_admission(pass, plan.status);
  if (plan.action == ActionKind::none) return finish(pass, plan);
  if (plan.action == ActionKind::look_at_move) return look_at_move(pass);
  if (const auto pause = pause_of_full_disk(pass.row.key, plan.action))
    return Step{Next::finished, Outcome{*pause, Priority::crash}};
  if (auto waiting = admit(pass, plan)) return *waiting;
  if (plan.action == ActionKind::remove_volumes && !still_purges(pass.row.key))
    return Step{Next::read_again, {}};

  const bool before = plan.intention || plan.write == StatusWrite::before_action ||
                      plan.write == StatusWrite::before_if_idle;
  // Refused: a turn began, the row went, or we no longer lead; reading anew tells which.
  if (before && !write(pass, plan.intention ? *plan.intention : plan.status, plan.write))
    return Step{Next::read_again, {}};
  try {
    perform(pass, plan.action);
  } catch (const EngineError& error) {
    // It may have been done all the same.
    note_action(pass.row.key);
    return failed(pass, plan, error);
  }
  const bool row_changed = plan.action == ActionKind::finish_deletion ||
                           plan.action == ActionKind::install_token ||
                           plan.action == ActionKind::end_move;
  if (row_changed) return Step{Next::read_again, {}};
  const bool after =
      plan.write == StatusWrite::after_action || plan.write == StatusWrite::around_action;
  if (after && (settings_moved(pass, plan) || !write(pass, plan.status, plan.write))) {
    return Step{Next::read_again, {}};
  }
  // Whoever waits for a container that was just created does not wait for five answers about it.
  const bool all_said = plan.action == ActionKind::create_container;
  return Step{all_said ? Next::decide_again : Next::observe_again, {}};
}

AgentReconciler::Step AgentReconciler::finish(Pass& pass, const Plan& plan) {
  const auto target = probe_target(pass);
  if (plan.probe && target) {
    it_.health.watch(pass.row.key, *target);
  } else {
    it_.health.forget(pass.row.key);
  }
  if (plan.awaits_image) it_.fleet.wait_for_image(pass.wanted.spec.image, pass.row.key);
  if (settings_moved(pass, plan) || !write(pass, plan.status, StatusWrite::after_action))
    return Step{Next::read_again, {}};
  make_room();
  return Step{Next::finished, Outcome{plan.requeue_after, Priority::resync}};
}

// Since they were read for this plan, whose status says what the process has read: it may be what
// they were in between, also when they are back. The record stays as it is; the next plan repeats
// what is to be repeated.
bool AgentReconciler::settings_moved(const Pass& pass, const Plan& plan) {
  if (!plan.vouches_for_settings) return false;
  const auto source = it_.rows.find_config_source(pass.row.key);
  return !source || source->version != pass.wanted.fingerprints.version;
}

// The one action that cannot be made good again is not done upon a row that was read before the
// looks and actions that led to it: it may be another row by now, which asks for nothing of the kind.
bool AgentReconciler::still_purges(const ResourceKey& key) {
  const auto row = it_.rows.find_agent(key);
  return row && row->purge && row->deletion_requested_at;
}

// Nothing when the plan may go on.
std::optional<AgentReconciler::Step> AgentReconciler::admit(Pass& pass, const Plan& plan) {
  if (!plan.needs_memory) return std::nullopt;
  const std::int64_t memory_mb = memory_of(pass.observed, pass.wanted.spec);
  const Admittance admittance =
      it_.admission.admit(pass.row.key, memory_mb, plan.needs_start_slot, it_.clock.now());
  if (admittance == Admittance::granted) return std::nullopt;
  const auto [reason, message] = why_it_waits(admittance, memory_mb);
  const FailurePlan waiting = plan_waiting(pass.row.status, reason, message, it_.clock.now());
  if (!write(pass, waiting.status, StatusWrite::after_action)) return Step{Next::read_again, {}};
  make_room();
  return Step{Next::finished, Outcome{waiting.requeue_after, Priority::waiting_user}};
}

AgentReconciler::Step AgentReconciler::failed(Pass& pass, const Plan& plan,
                                              const EngineError& error) {
  it_.observer.on_action_failed(pass.row.key, plan.action, error.what());
  if (plan.action == ActionKind::start) it_.admission.start_ended(pass.row.key, false);
  const FailurePlan failure = plan_failure(pass.row.status, plan.status, plan.action, error.kind(),
                                           error.what(), it_.clock.now());
  if (!write(pass, failure.status, StatusWrite::after_action)) return Step{Next::read_again, {}};
  if (!failure.requeue_after) throw error;
  if (error.kind() == EngineErrorKind::disk_full) {
    const std::lock_guard lock(mutex_);
    disk_was_full_[pass.row.key] = plan.action;
  }
  return Step{Next::finished, Outcome{failure.requeue_after, Priority::crash}};
}

// What is left of the pause after this very action, when that was the last one and found no room.
std::optional<Duration> AgentReconciler::pause_of_full_disk(const ResourceKey& key,
                                                            ActionKind action) {
  const std::lock_guard lock(mutex_);
  const auto full = disk_was_full_.find(key);
  if (full == disk_was_full_.end() || full->second != action) return std::nullopt;
  const Duration left = last_action_.at(key) + full_disk_pause - it_.clock.now();
  if (left > Duration::zero() && left <= full_disk_pause) return left;
  disk_was_full_.erase(full);
  return std::nullopt;
}

void AgentReconciler::perform(Pass& pass, ActionKind action) {
  const SteadyTime begun = it_.clock.steady_now();
  const AgentSpec& spec = pass.wanted.spec;
  const std::string id = pass.observed.container ? pass.observed.container->id : std::string{};
  const ResourceKey& key = pass.row.key;
  switch (action) {
    case ActionKind::none:
    case ActionKind::look_at_move:  // an observation, and none of its business
      return;
    case ActionKind::begin_pull:
      begin_pull(pass);
      break;
    case ActionKind::ensure_volumes:
      it_.driver.ensure_volumes(spec.identity);
      break;
    case ActionKind::ensure_network:
      it_.driver.ensure_network(spec.identity);
      break;
    case ActionKind::create_container:
      pass.observed.container = it_.driver.create_container(spec);
      break;
    case ActionKind::start:
      it_.driver.start(id);
      break;
    case ActionKind::terminate:
      it_.driver.terminate(id);
      break;
    case ActionKind::kill:
      it_.driver.kill(id);
      break;
    case ActionKind::pause:
      it_.driver.pause(id);
      break;
    case ActionKind::unpause:
      it_.driver.unpause(id);
      break;
    case ActionKind::reclaim:
      it_.driver.reclaim(id);
      break;
    case ActionKind::reload:
      it_.driver.reload_configuration(id);
      break;
    case ActionKind::read_schedule:
      pass.schedule = it_.driver.read_schedule(id);
      break;
    case ActionKind::install_token:
      install_token(pass);
      break;
    case ActionKind::begin_copy:
      advance_move(pass, MoveStep::begin_copy);
      break;
    case ActionKind::keep_copy:
      advance_move(pass, MoveStep::keep_copy);
      break;
    case ActionKind::give_up_copy:
      advance_move(pass, MoveStep::give_up);
      break;
    case ActionKind::leave_state:
      advance_move(pass, MoveStep::leave_state);
      break;
    case ActionKind::end_move:
      end_move(pass);
      break;
    case ActionKind::remove_container:
      it_.driver.remove_container(id);
      break;
    case ActionKind::remove_network:
      it_.driver.remove_network(network_name(spec.identity));
      break;
    case ActionKind::remove_volumes:
      it_.driver.remove_volumes(spec.identity);
      break;
    case ActionKind::finish_deletion: {
      const auto term = it_.leadership.term();
      if (!term) throw LeadershipLost();
      // Refused when more is asked for by now: reading the row anew tells.
      it_.statuses.finish_deletion(key, pass.row.generation, *term);
      break;
    }
  }
  note_action(key);
  note_wake(pass, action);
  it_.observer.on_action(key, action,
                         std::chrono::duration_cast<Duration>(it_.clock.steady_now() - begun));
}

// What was observed before says nothing any more.
void AgentReconciler::note_action(const ResourceKey& key) {
  const std::lock_guard lock(mutex_);
  last_action_[key] = it_.clock.now();
  disk_was_full_.erase(key);
}

void AgentReconciler::note_wake(const Pass& pass, ActionKind action) {
  const ResourceKey& key = pass.row.key;
  const std::lock_guard lock(mutex_);
  // A start that nobody asked for since the last end is a repair or a roll-out, not a wake.
  const auto& ended = pass.row.status.last_exit_at;
  const bool asked = pass.row.last_active_at && (!ended || *pass.row.last_active_at > *ended);
  if (action == ActionKind::start && asked) waking_from_[key] = WakeDepth::cold;
  const bool for_a_job =
      wakefulness(pass.row, it_.clock.now()).wake_reason == WakeReason::scheduled;
  if (action == ActionKind::unpause && !for_a_job) {
    waking_from_[key] =
        pass.row.status.phase == Phase::hibernated ? WakeDepth::hibernated : WakeDepth::paused;
  }
}

// Refused when the row went, or asks for yet another token: reading it anew tells.
void AgentReconciler::install_token(Pass& pass) {
  const auto term = it_.leadership.term();
  if (!term) throw LeadershipLost();
  const ResourceKey& key = pass.row.key;
  if (!it_.statuses.install_token(key, pass.row.next_gateway_token, *term)) return;
  Event event;
  event.at = it_.clock.now();
  event.key = key;
  event.reason = "TokenReplaced";
  event.message = "its gateway token is another from now on; the one before is refused";
  pass.events.push_back(std::move(event));
}

AgentReconciler::Step AgentReconciler::look_at_move(Pass& pass) {
  const ResourceKey& key = pass.row.key;
  pass.move = it_.driver.look_at_move(pass.wanted.spec.identity, pass.row.move_to_node);
  if (!is_out_of_date(key, pass.move->as_of)) return Step{Next::decide_again, {}};
  it_.observer.on_stale_observation(key);
  return Step{Next::finished, Outcome{stale_recheck, Priority::crash}};
}

void AgentReconciler::advance_move(Pass& pass, MoveStep step) {
  pass.move.reset();
  it_.driver.advance_move(pass.wanted.spec.identity, pass.row.move_to_node, step);
}

// Refused when the row went, or wants to go elsewhere by now: reading it anew tells.
void AgentReconciler::end_move(Pass& pass) {
  const auto term = it_.leadership.term();
  if (!term) throw LeadershipLost();
  it_.statuses.end_move(pass.row.key, pass.row.move_to_node, *term);
}

void AgentReconciler::begin_pull(const Pass& pass) {
  it_.fleet.wait_for_image(pass.wanted.spec.image, pass.row.key);
  it_.driver.begin_pull(pass.wanted.spec.image);
}

// False when the row did not take it: it is gone, fenced, or (before_if_idle) in use again.
bool AgentReconciler::write(Pass& pass, const AgentStatus& status, StatusWrite mode) {
  if (mode == StatusWrite::not_yet || status == pass.row.status) return true;
  const auto term = it_.leadership.term();
  if (!term) throw LeadershipLost();
  const ResourceKey& key = pass.row.key;
  const bool written = mode == StatusWrite::before_if_idle
                           ? it_.statuses.write_status_if_idle(key, status, pass.row.last_active_at,
                                                               pass.row.busy_until, *term)
                           : it_.statuses.write_status(key, status, *term);
  if (!written) return false;
  const AgentStatus before = std::exchange(pass.row.status, status);
  note_transition(pass, before, status);
  return true;
}

void AgentReconciler::note_transition(Pass& pass, const AgentStatus& before,
                                      const AgentStatus& after) {
  const ResourceKey& key = pass.row.key;
  it_.observer.on_status(pass.row, before, after);
  if (after.phase == Phase::running && before.phase != Phase::running &&
      before.phase != Phase::draining) {
    std::optional<WakeDepth> depth;
    {
      const std::lock_guard lock(mutex_);
      if (const auto waking = waking_from_.find(key); waking != waking_from_.end()) {
        depth = waking->second;
        waking_from_.erase(waking);
      }
    }
    const TimePoint now = it_.clock.now();
    const TimePoint asked = pass.row.last_active_at.value_or(now);
    if (depth)
      it_.observer.on_woken(key, *depth, now - asked, now - after.started_at.value_or(now));
  }
  note_configuration(pass, before, after);
  note_move(pass, before, after);
  const Condition* was = find_condition(before, condition::ready);
  const Condition* is = find_condition(after, condition::ready);
  if (is == nullptr ||
      (was != nullptr && was->reason == is->reason && before.restart_count == after.restart_count))
    return;
  Event event;
  event.at = it_.clock.now();
  event.key = key;
  event.severity = is_bad_news(after) || after.restart_count > before.restart_count
                       ? EventSeverity::warning
                       : EventSeverity::normal;
  event.reason = is->reason;
  event.message = after.restart_count > before.restart_count ? after.last_error + "; " + is->message
                                                             : is->message;
  pass.events.push_back(std::move(event));
}

// A change that was applied without a restart, or could not be: nothing else in the row's life
// tells of it.
void AgentReconciler::note_configuration(Pass& pass, const AgentStatus& before,
                                         const AgentStatus& after) {
  const Condition* is = find_condition(after, condition::configuration);
  if (is == nullptr || before.config_hash == after.config_hash) return;
  const bool taken = is->reason == "Reloaded" && !failed_reloads(after.config_hash);
  if (!taken && is->reason != "ReloadFailed") return;
  Event event;
  event.at = it_.clock.now();
  event.key = pass.row.key;
  event.severity = taken ? EventSeverity::normal : EventSeverity::warning;
  event.reason = taken ? "ConfigurationReloaded" : is->reason;
  event.message = is->message;
  pass.events.push_back(std::move(event));
}

void AgentReconciler::note_move(Pass& pass, const AgentStatus& before, const AgentStatus& after) {
  const Condition* was = find_condition(before, condition::moving);
  const Condition* is = find_condition(after, condition::moving);
  if (is == nullptr || (was != nullptr && was->reason == is->reason && was->status == is->status))
    return;
  Event event;
  event.at = it_.clock.now();
  event.key = pass.row.key;
  const bool good = is->reason == "Stopping" || is->reason == "Copying" || is->reason == "Moved";
  event.severity = good ? EventSeverity::normal : EventSeverity::warning;
  event.reason = is->reason == "Moved" || !good ? is->reason : "Moving";
  event.message = is->message;
  pass.events.push_back(std::move(event));
}

void AgentReconciler::flush_events(Pass& pass) {
  for (const auto& event : std::exchange(pass.events, {})) it_.events.append_event(event);
}

void AgentReconciler::settle_admission(const Pass& pass, const AgentStatus& status) {
  const ResourceKey& key = pass.row.key;
  const bool holds_memory =
      has_process(pass.observed.container) && status.phase != Phase::hibernated;
  if (holds_memory) {
    it_.admission.hold(key, memory_of(pass.observed, pass.wanted.spec));
    if (status.phase == Phase::running) {
      it_.admission.start_ended(key, true);
      wake_waiting();
    } else if (status.phase == Phase::stopping) {
      it_.admission.start_ended(key, false);
    }
    return;
  }
  const bool wants_to_start = status.phase == Phase::starting;
  if (wants_to_start) return;
  it_.admission.release(key);
  wake_waiting();
}

// Somebody waits for memory: agents that sleep in it go deeper.
void AgentReconciler::make_room() {
  it_.sleep.set_pressure(it_.admission.wanted_memory_mb());
  for (const auto& key : it_.sleep.deepened(it_.clock.now()))
    it_.queue.add(key, Priority::spec_change);
}

void AgentReconciler::wake_waiting() {
  for (const auto& key : it_.admission.take_waiting(it_.clock.now()))
    it_.queue.add(key, Priority::waiting_user);
}

}  // namespace mosaic
