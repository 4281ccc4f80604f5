// Properties of plan_agent() over random inputs: whatever the rows and the engine say, these hold.

#include <gtest/gtest.h>

#include <random>

#include "model/boot_exit.hpp"
#include "reconcilers/agent_plan.hpp"
#include "reconcilers/config_hash.hpp"
#include "reconcilers/wakefulness.hpp"
#include "test/reconcilers/plan_fixture.hpp"

namespace mosaic {
namespace {

using std::chrono::seconds;

bool has_process(const ContainerView& container) {
  return container.state == ContainerState::running || container.state == ContainerState::paused;
}

class RandomInput {
 public:
  explicit RandomInput(std::uint64_t seed) : random_(seed) {}

  PlanFixture make() {
    PlanFixture fixture;
    fill_row(fixture);
    fill_status(fixture);
    fill_observed(fixture);
    fill_rest(fixture);
    fill_state_holder(fixture);
    return fixture;
  }

 private:
  bool chance(int percent) { return static_cast<int>(random_() % 100) < percent; }
  template <typename Value>
  Value pick(std::initializer_list<Value> values) {
    return *(values.begin() + static_cast<std::ptrdiff_t>(random_() % values.size()));
  }
  TimePoint around(TimePoint now) {
    return now + seconds(static_cast<int>(random_() % 7200) - 3600);
  }
  std::optional<TimePoint> perhaps(TimePoint now) {
    return chance(50) ? std::optional(around(now)) : std::nullopt;
  }

  void fill_row(PlanFixture& f) {
    AgentRow& row = f.row;
    row.key.kind = pick({ResourceKind::user_container, ResourceKind::system_container});
    row.desired_state = pick({DesiredState::automatic, DesiredState::automatic,
                              DesiredState::running, DesiredState::stopped});
    row.active = chance(80);
    row.generation = 1 + static_cast<std::int64_t>(random_() % 5);
    row.restarted_at = chance(20) ? perhaps(f.now) : std::nullopt;
    row.deletion_requested_at = chance(15) ? perhaps(f.now) : std::nullopt;
    row.purge = chance(30);
    if (chance(20)) row.next_gateway_token = "enc:next";
    if (chance(25)) row.move_to_node = "n2";
    row.move_without_state = chance(30);
    row.last_active_at = perhaps(f.now);
    row.busy_until = chance(40) ? perhaps(f.now) : std::nullopt;
    if (chance(3)) row.container_name = "not valid";
  }

  void fill_status(PlanFixture& f) {
    AgentStatus& status = f.row.status;
    status.phase = pick({Phase::stopped, Phase::waiting, Phase::pulling, Phase::starting,
                         Phase::running, Phase::draining, Phase::stopping, Phase::paused,
                         Phase::hibernated, Phase::failed, Phase::deleting});
    status.config_hash = pick<std::string>(
        {"", "boot-0.live-1", "boot-1.live-0", "boot-1.live-1", "boot-1.live-1", "boot-1.live-1@1",
         "boot-1.live-1@0", "boot-0.live-1@1", "boot-1.?0", "boot-1.?2", "boot-1.?x"});
    status.started_at = perhaps(f.now);
    status.next_due_at = chance(30) ? perhaps(f.now) : std::nullopt;
    status.start_duration_ms = chance(50) ? std::optional<std::int64_t>(9'000) : std::nullopt;
    status.restart_count = static_cast<int>(random_() % 5);
    status.next_retry_at = chance(30) ? perhaps(f.now) : std::nullopt;
    status.last_exit_at = perhaps(f.now);
    status.ready_at = perhaps(f.now);
    status.asleep_since = perhaps(f.now);
    status.drain_since = chance(30) ? perhaps(f.now) : std::nullopt;
    status.terminated_at = chance(30) ? perhaps(f.now) : std::nullopt;
    status.failed_spec = pick<std::string>({"", "spec-1:boot-1.live-1", "spec-0:boot-0.live-1"});
  }

  void fill_state_holder(PlanFixture& f) {
    if (chance(80)) return;
    set_condition(f.row.status, std::string(condition::state),
                  pick({ConditionStatus::no, ConditionStatus::yes, ConditionStatus::unknown}),
                  "StateInUse", "held", around(f.now));
  }

  void fill_observed(PlanFixture& f) {
    if (chance(75)) {
      ContainerView& view = f.container(
          pick({ContainerState::created, ContainerState::running, ContainerState::running,
                ContainerState::paused, ContainerState::exited, ContainerState::dead,
                ContainerState::removing, ContainerState::placing}));
      view.exit_code = pick({0, 1, boot_exit::api_unreachable, boot_exit::held_by_another,
                             boot_exit::nothing_to_boot, boot_exit::unfit_image, 137, 143, 255});
      view.oom_killed = chance(10);
      view.attached = chance(90);
      if (chance(10)) view.endpoint.clear();
      if (chance(30)) view.spec_hash = "spec-0";
      if (chance(70)) view.started_at = around(f.now);
      if (view.state == ContainerState::exited)
        view.finished_at = chance(50) ? f.row.status.last_exit_at : perhaps(f.now);
    } else if (chance(10)) {
      f.observed.name_holder = "another";
    }
    f.observed.network_exists = chance(70);
    f.observed.volumes =
        chance(70) ? VolumePresence::all : pick({VolumePresence::none, VolumePresence::some});
    f.observed.image.availability =
        pick({ImageAvailability::present, ImageAvailability::present, ImageAvailability::absent,
              ImageAvailability::pulling, ImageAvailability::failed});
    f.observed.image.changed_at = around(f.now);
  }

  void fill_rest(PlanFixture& f) {
    f.health.health = pick({Health::unknown, Health::starting, Health::ready, Health::failing});
    f.health.failures = static_cast<int>(random_() % 5);
    f.health.watched_since = perhaps(f.now);
    f.health.ready_at = f.health.health == Health::ready ? perhaps(f.now) : std::nullopt;
    f.sleep.depth = pick({SleepDepth::stopped, SleepDepth::paused, SleepDepth::hibernated});
    if (chance(15)) f.wanted.problem = "no provider";
    fill_schedule(f);
    fill_move(f);
  }

  void fill_move(PlanFixture& f) {
    f.observed.copy_under_way = chance(15);
    if (chance(30)) return;
    f.move = MoveView{};
    f.move->stage = pick({MoveStage::impossible, MoveStage::waiting, MoveStage::waiting,
                          MoveStage::away, MoveStage::away, MoveStage::copying, MoveStage::copied,
                          MoveStage::failed, MoveStage::there, MoveStage::astray});
    f.move->source_lost = chance(50);
    f.move->detail = "as it was found";
  }

  void fill_schedule(PlanFixture& f) {
    f.schedule.reset();
    // Nobody else can tell.
    const bool running =
        f.observed.container && f.observed.container->state == ContainerState::running;
    if (!running || chance(60)) return;
    f.schedule = ScheduleView{};
    f.schedule->known = chance(85);
    if (chance(60)) f.schedule->next_due_at = around(f.now);
    if (chance(20)) f.schedule->running_since = around(f.now);
    f.schedule->watchers = chance(10) ? 1 : 0;
  }

  std::mt19937_64 random_;
};

constexpr int samples = 40'000;

template <typename Check>
void for_random_inputs(Check check) {
  for (std::uint64_t seed = 1; seed <= samples; ++seed) {
    PlanFixture fixture = RandomInput(seed).make();
    const Plan plan = fixture.plan();
    check(fixture, plan, seed);
    if (testing::Test::HasFailure())
      FAIL() << "seed " << seed << ", action " << to_string(plan.action);
  }
}

TEST(PlanProperty, RemovesVolumesOnlyForAPurgeWithNoContainerLeft) {
  for_random_inputs([](const PlanFixture& f, const Plan& plan, std::uint64_t) {
    if (plan.action != ActionKind::remove_volumes) return;
    EXPECT_TRUE(f.row.purge && f.row.deletion_requested_at && !f.observed.container);
  });
}

TEST(PlanProperty, EndsAPurgeOnlyWithNoVolumeLeft) {
  for_random_inputs([](const PlanFixture& f, const Plan& plan, std::uint64_t) {
    if (plan.action != ActionKind::finish_deletion || !f.row.purge) return;
    EXPECT_EQ(f.observed.volumes, VolumePresence::none);
  });
}

TEST(PlanProperty, NeverPutsABusyAgentToSleepByIdling) {
  for_random_inputs([](const PlanFixture& f, const Plan& plan, std::uint64_t) {
    const bool busy = f.row.busy_until && *f.row.busy_until > f.now;
    if (busy && f.row.key.kind == ResourceKind::user_container) {
      EXPECT_NE(plan.action, ActionKind::pause);
      EXPECT_NE(plan.write, StatusWrite::before_if_idle);
    }
  });
}

TEST(PlanProperty, WhateverIdlingDoesIsVoidWhenATurnBeginsMeanwhile) {
  for_random_inputs([](const PlanFixture& f, const Plan& plan, std::uint64_t) {
    const Wakefulness wake = wakefulness(f.row, f.now, f.schedule ? &*f.schedule : nullptr);
    const bool by_idling = !wake.awake && wake.sleep_reason == SleepReason::idle &&
                           !f.row.deletion_requested_at && f.row.container_name != "not valid" &&
                           f.row.move_to_node.empty();
    const bool begins = by_idling && !f.row.status.terminated_at &&
                        f.row.status.phase == Phase::running && f.observed.container &&
                        f.observed.container->state == ContainerState::running;
    if (begins && (plan.action == ActionKind::terminate || plan.action == ActionKind::pause)) {
      EXPECT_EQ(plan.write, StatusWrite::before_if_idle);
    }
  });
}

TEST(PlanProperty, StartsOnlyWhatIsNotRunningAndIsCurrent) {
  for_random_inputs([](const PlanFixture& f, const Plan& plan, std::uint64_t) {
    if (plan.action != ActionKind::start) return;
    ASSERT_TRUE(f.observed.container);
    EXPECT_EQ(f.observed.container->spec_hash, f.wanted.spec);
    EXPECT_TRUE(f.observed.container->state == ContainerState::created ||
                f.observed.container->state == ContainerState::exited);
    EXPECT_TRUE(plan.needs_memory && plan.needs_start_slot);
    EXPECT_TRUE(wakefulness(f.row, f.now, f.schedule ? &*f.schedule : nullptr).awake);
  });
}

// Whoever talks to a process uses the row's token in force.
TEST(PlanProperty, InstallsATokenOnlyWhereNoProcessHasTheOneBefore) {
  std::size_t installed = 0;
  for_random_inputs([&](const PlanFixture& f, const Plan& plan, std::uint64_t) {
    if (plan.action != ActionKind::install_token) return;
    ++installed;
    EXPECT_FALSE(f.row.next_gateway_token.empty());
    if (f.observed.container) {
      EXPECT_EQ(f.observed.container->spec_hash, f.wanted.spec) << "it has the next one";
    } else {
      EXPECT_EQ(f.row.status.phase, Phase::stopped);
    }
  });
  EXPECT_GT(installed, 0U);
}

TEST(PlanProperty, StartsAndFreezesNothingWhileATokenWaits) {
  for_random_inputs([](const PlanFixture& f, const Plan& plan, std::uint64_t) {
    if (f.row.next_gateway_token.empty()) return;
    EXPECT_NE(plan.action, ActionKind::start);
    EXPECT_NE(plan.action, ActionKind::pause);
    EXPECT_NE(plan.action, ActionKind::reclaim);
  });
}

// Nothing runs, and nothing can be started, on volumes that are on their way.
TEST(PlanProperty, MovesVolumesOnlyWhenNoContainerIsLeft) {
  std::size_t steps = 0;
  for_random_inputs([&](const PlanFixture& f, const Plan& plan, std::uint64_t) {
    const bool step =
        plan.action == ActionKind::begin_copy || plan.action == ActionKind::leave_state;
    if (!step) return;
    ++steps;
    EXPECT_FALSE(f.observed.container);
    EXPECT_FALSE(f.row.move_to_node.empty());
    EXPECT_FALSE(f.row.deletion_requested_at);
  });
  EXPECT_GT(steps, 0U);
}

TEST(PlanProperty, NothingIsCreatedOrStartedOnVolumesThatAreBeingCopied) {
  for_random_inputs([](const PlanFixture& f, const Plan& plan, std::uint64_t) {
    const bool brings_up = plan.action == ActionKind::create_container ||
                           plan.action == ActionKind::start ||
                           plan.action == ActionKind::remove_volumes;
    if (!brings_up) return;
    EXPECT_FALSE(f.observed.copy_under_way);
    if (f.row.move_to_node.empty() || f.row.deletion_requested_at) return;
    ASSERT_TRUE(f.move);
    EXPECT_EQ(f.move->stage, MoveStage::waiting) << "its life goes on until it can be moved";
  });
}

TEST(PlanProperty, StateIsLeftBehindOnlyWhereThatWasAskedForAndItIsOutOfReach) {
  std::size_t left = 0;
  for_random_inputs([&](const PlanFixture& f, const Plan& plan, std::uint64_t) {
    if (plan.action != ActionKind::leave_state) return;
    ++left;
    EXPECT_TRUE(f.row.move_without_state);
    EXPECT_TRUE(f.move && f.move->source_lost);
  });
  EXPECT_GT(left, 0U);
}

TEST(PlanProperty, EveryMoveThatIsUnderWayIsLookedAtAgain) {
  for_random_inputs([](const PlanFixture& f, const Plan& plan, std::uint64_t) {
    const bool judged =
        f.observed.name_holder.empty() && f.row.container_name == "mosaic-user-alice";
    if (!judged || f.row.move_to_node.empty() || f.row.deletion_requested_at) return;
    if (plan.action == ActionKind::none) {
      EXPECT_TRUE(plan.requeue_after);
    }
  });
}

TEST(PlanProperty, CreatesOnlyWhenThereIsNoContainer) {
  for_random_inputs([](const PlanFixture& f, const Plan& plan, std::uint64_t) {
    if (plan.action != ActionKind::create_container) return;
    EXPECT_FALSE(f.observed.container);
  });
}

TEST(PlanProperty, NeverRemovesAContainerWithAProcess) {
  for_random_inputs([](const PlanFixture& f, const Plan& plan, std::uint64_t) {
    if (plan.action != ActionKind::remove_container) return;
    ASSERT_TRUE(f.observed.container);
    EXPECT_NE(f.observed.container->state, ContainerState::running);
    EXPECT_NE(f.observed.container->state, ContainerState::paused);
  });
}

TEST(PlanProperty, TouchesNothingWhileAForeignContainerHoldsTheName) {
  for_random_inputs([](const PlanFixture& f, const Plan& plan, std::uint64_t) {
    if (f.observed.name_holder.empty()) return;
    EXPECT_EQ(plan.action, ActionKind::none);
  });
}

TEST(PlanProperty, EndsOfProcessesAreOnRecordBeforeTheyAreAskedFor) {
  for_random_inputs([](const PlanFixture&, const Plan& plan, std::uint64_t) {
    if (plan.action == ActionKind::terminate || plan.action == ActionKind::kill ||
        plan.action == ActionKind::pause) {
      EXPECT_TRUE(plan.write == StatusWrite::before_action ||
                  plan.write == StatusWrite::before_if_idle);
    }
    if (plan.action == ActionKind::terminate) {
      EXPECT_TRUE(plan.status.terminated_at);
    }
  });
}

TEST(PlanProperty, EveryStatusSaysWhyInOneLine) {
  for_random_inputs([](const PlanFixture& f, const Plan& plan, std::uint64_t) {
    if (plan.write == StatusWrite::not_yet) return;
    EXPECT_EQ(plan.status.observed_generation, f.row.generation);
    if (f.observed.container && f.observed.container->state == ContainerState::removing) return;
    const Condition* ready = find_condition(plan.status, condition::ready);
    ASSERT_NE(ready, nullptr);
    EXPECT_FALSE(ready->reason.empty());
    EXPECT_FALSE(ready->message.empty());
    EXPECT_EQ(ready->message.find('\n'), std::string::npos);
  });
}

TEST(PlanProperty, AReloadIsInDoubtUntilItIsDoneAndNeverForWhatNeedsABoot) {
  for_random_inputs([](const PlanFixture& f, const Plan& plan, std::uint64_t) {
    if (plan.action != ActionKind::reload) {
      EXPECT_FALSE(plan.intention);
      return;
    }
    ASSERT_TRUE(plan.intention);
    EXPECT_EQ(plan.write, StatusWrite::around_action);
    EXPECT_TRUE(failed_reloads(plan.intention->config_hash));
    EXPECT_TRUE(same_boot_part(plan.intention->config_hash, f.wanted.config));
    EXPECT_EQ(plan.status.config_hash, f.wanted.config);
    EXPECT_EQ(plan.status.phase, plan.intention->phase);
    EXPECT_TRUE(f.observed.container && f.observed.container->state == ContainerState::running);
    EXPECT_EQ(f.observed.container->spec_hash, f.wanted.spec);
    EXPECT_TRUE(f.wanted.problem.empty());
    EXPECT_NE(f.row.desired_state, DesiredState::stopped);
  });
}

// Whoever is current without a restart was reloaded: the record never becomes current by itself, and what a process
// has read is never known before it answers, nor by settings that have moved.
TEST(PlanProperty, OnlyAStartOrAReloadMakesTheRecordCurrent) {
  std::size_t settled = 0;
  for_random_inputs([&](const PlanFixture& f, const Plan& plan, std::uint64_t) {
    const std::string& before = f.row.status.config_hash;
    const std::string& after = plan.status.config_hash;
    if (plan.action == ActionKind::start) {
      EXPECT_EQ(after, f.wanted.config + "@" + f.wanted.version);
      return;
    }
    if (after == before || failed_reloads(after)) return;
    EXPECT_EQ(after, f.wanted.config);
    EXPECT_TRUE(plan.vouches_for_settings);
    if (plan.action == ActionKind::reload) return;
    ++settled;
    EXPECT_EQ(before, f.wanted.config + "@" + f.wanted.version);
    EXPECT_EQ(plan.status.phase, Phase::running);
  });
  EXPECT_GT(settled, 0U);
}

TEST(PlanProperty, AProcessThatNoRecordIsOfIsInDoubt) {
  std::size_t doubted = 0;
  for_random_inputs([&](const PlanFixture& f, const Plan& plan, std::uint64_t) {
    const AgentStatus& before = f.row.status;
    const bool unknown = f.observed.container && has_process(*f.observed.container) &&
                         before.started_at && f.observed.container->started_at &&
                         before.started_at != f.observed.container->started_at &&
                         !is_unread(before.config_hash);
    if (!unknown || plan.action == ActionKind::reload) return;
    ++doubted;
    EXPECT_TRUE(failed_reloads(plan.status.config_hash));
  });
  EXPECT_GT(doubted, 0U);
}

TEST(PlanProperty, JobsAreAskedForOnceAndOnlyWhereThereIsAProcess) {
  for_random_inputs([](const PlanFixture& f, const Plan& plan, std::uint64_t) {
    if (plan.action != ActionKind::read_schedule) return;
    EXPECT_FALSE(f.schedule);
    EXPECT_EQ(plan.write, StatusWrite::not_yet);
    EXPECT_TRUE(f.observed.container && f.observed.container->state == ContainerState::running);
    EXPECT_EQ(f.row.key.kind, ResourceKind::user_container);
    EXPECT_NE(f.row.desired_state, DesiredState::stopped);
  });
}

TEST(PlanProperty, NobodyIsIdledWithoutHavingBeenAskedForItsJobsOrWithOneSoonDue) {
  for_random_inputs([](const PlanFixture& f, const Plan& plan, std::uint64_t) {
    if (plan.write != StatusWrite::before_if_idle) return;
    // Where no process is, nobody can be asked.
    if (f.observed.container->state == ContainerState::placing) return;
    ASSERT_TRUE(f.schedule);
    if (plan.status.next_due_at) {
      EXPECT_GT(*plan.status.next_due_at, f.now);
    }
  });
}

// A sleeper that has a job ahead is looked at again in time for it.
TEST(PlanProperty, NoSleeperOversleepsItsJob) {
  for_random_inputs([](const PlanFixture& f, const Plan& plan, std::uint64_t) {
    const Phase phase = plan.status.phase;
    const bool sleeps =
        phase == Phase::stopped || phase == Phase::paused || phase == Phase::hibernated;
    const bool idle = f.row.desired_state == DesiredState::automatic &&
                      f.row.key.kind == ResourceKind::user_container &&
                      !f.row.deletion_requested_at && f.observed.name_holder.empty();
    if (plan.action != ActionKind::none || !sleeps || !idle || !plan.status.next_due_at) return;
    if (wakefulness(f.row, f.now, f.schedule ? &*f.schedule : nullptr).awake) return;
    ASSERT_TRUE(plan.requeue_after);
    EXPECT_LT(f.now + *plan.requeue_after, *plan.status.next_due_at);
  });
}

TEST(PlanProperty, APlanWithoutAnActionIsStable) {
  for_random_inputs([](PlanFixture& f, const Plan& plan, std::uint64_t) {
    if (plan.action != ActionKind::none) return;
    const bool stops = plan.status.phase == Phase::stopped;
    const bool token_waits = !f.row.next_gateway_token.empty();
    const bool job_waits = plan.status.next_due_at && f.row.status.phase != Phase::stopped &&
                           f.row.desired_state == DesiredState::automatic;
    if (stops && (token_waits || job_waits)) {
      // Only once the row says that nothing runs.
      EXPECT_TRUE(plan.requeue_after || f.row.key.kind == ResourceKind::system_container);
      return;
    }
    f.row.status = plan.status;
    const Plan again = f.plan();
    EXPECT_EQ(again.action, ActionKind::none);
    EXPECT_EQ(again.status, plan.status);
  });
}

TEST(PlanProperty, NothingIsLookedAtAgainInThePast) {
  for_random_inputs([](const PlanFixture&, const Plan& plan, std::uint64_t) {
    EXPECT_GT(plan.requeue_after.value_or(Duration(1)), Duration::zero());
  });
}

// Whoever found its state held has lost nothing, and is tried again however often that was so.
TEST(PlanProperty, AHeldStateIsNoCrashAndNeverTheEndOfTrying) {
  std::size_t held = 0;
  for_random_inputs([&](const PlanFixture& f, const Plan& plan, std::uint64_t) {
    if (plan.status.last_error != describe_exit(boot_exit::held_by_another, false, 0)) return;
    ++held;
    EXPECT_LE(plan.status.restart_count, f.row.status.restart_count);
    const Condition* ready = find_condition(plan.status, condition::ready);
    if (plan.action != ActionKind::none || ready->reason != "StateInUse") return;
    ASSERT_TRUE(plan.requeue_after);
    ASSERT_TRUE(plan.status.next_retry_at);
    EXPECT_LE(*plan.status.next_retry_at - *f.observed.container->finished_at, seconds(300));
  });
  EXPECT_GT(held, 0U);
}

TEST(PlanProperty, OneEndIsCountedOnce) {
  for_random_inputs([](PlanFixture& f, const Plan& plan, std::uint64_t) {
    if (!f.observed.container || f.observed.container->state != ContainerState::exited) return;
    if (!f.observed.name_holder.empty()) return;
    f.row.status = plan.status;
    EXPECT_EQ(f.plan().status.restart_count, plan.status.restart_count);
  });
}

}  // namespace
}  // namespace mosaic
