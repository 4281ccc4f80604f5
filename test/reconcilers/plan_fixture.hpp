// One agent in a settled, running state, which the planner's tests change in one respect each.
#pragma once

#include <optional>
#include <string>

#include "reconcilers/agent_plan.hpp"

namespace mosaic {

struct PlanFixture {
  TimePoint now{std::chrono::hours(480'000)};
  AgentRow row;
  WantedFingerprints wanted{"spec-1", "boot-1.live-1", "", "1"};
  ObservedAgent observed;
  HealthView health;
  SleepAllowance sleep{SleepDepth::stopped, std::nullopt, "idle agents are stopped"};
  FleetSettings settings;
  // The jobs were asked, and there are none; nothing: they were not asked yet.
  std::optional<ScheduleView> schedule = ScheduleView{};
  std::optional<MoveView> move;  // as it was looked at; nothing: it was not yet
  bool can_reload = true;
  std::string baseline_gaps;

  PlanFixture() {
    row.key = ResourceKey(ResourceKind::user_container, "c1");
    row.owner = "alice";
    row.container_name = "mosaic-user-alice";
    row.last_active_at = now - std::chrono::minutes(1);
    observed.as_of = now;
  }

  ContainerView& container(ContainerState state) {
    ContainerView view;
    view.id = "id-1";
    view.name = row.container_name;
    view.key = row.key;
    view.state = state;
    view.spec_hash = wanted.spec;
    view.memory_mb = 1536;
    view.started_at = now - std::chrono::minutes(20);
    if (state == ContainerState::running) view.endpoint = "10.213.0.2:18789";
    if (state == ContainerState::exited) view.finished_at = now - std::chrono::seconds(5);
    if (state == ContainerState::created) view.started_at.reset();
    observed.container = view;
    return *observed.container;
  }

  // Awake, ready, on record as such.
  void running() {
    container(ContainerState::running);
    row.status.phase = Phase::running;
    row.status.config_hash = wanted.config;
    row.status.ready_at = now - std::chrono::minutes(19);
    health.health = Health::ready;
    health.ready_at = row.status.ready_at;
    row.status = plan().status;
  }

  void idle() { row.last_active_at = now - row.idle_timeout - std::chrono::seconds(1); }

  Plan plan() const {
    return plan_agent(PlanInput{row, wanted, observed, health, sleep, settings, now,
                                schedule ? &*schedule : nullptr, move ? &*move : nullptr,
                                can_reload, baseline_gaps});
  }

  static std::string moving_reason(const AgentStatus& status) {
    const Condition* moving = find_condition(status, condition::moving);
    return moving == nullptr ? "" : moving->reason;
  }

  std::string ready_reason() const {
    const AgentStatus status = plan().status;
    const Condition* ready = find_condition(status, condition::ready);
    return ready == nullptr ? "" : ready->reason;
  }
};

}  // namespace mosaic
