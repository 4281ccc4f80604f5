#include "reconcilers/agent_plan.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "model/boot_exit.hpp"
#include "model/naming.hpp"
#include "reconcilers/config_hash.hpp"
#include "reconcilers/schedule_plan.hpp"
#include "reconcilers/wakefulness.hpp"

namespace mosaic {
namespace {

constexpr Duration name_recheck = std::chrono::seconds(30);
// The holder is an earlier row of ours, which the cleanup is asked to look at: it goes at once.
constexpr Duration own_name_recheck = std::chrono::seconds(1);
constexpr int most_reloads = 2;
// Hints tell sooner; this makes up for lost ones.
constexpr Duration place_recheck = std::chrono::seconds(15);
// An end of a copy is heard of; this makes up for what is not.
constexpr Duration copy_recheck = std::chrono::seconds(5);
constexpr Duration move_recheck = std::chrono::seconds(30);
constexpr Duration pull_recheck = std::chrono::seconds(5);
constexpr Duration pull_retry = std::chrono::seconds(60);
constexpr std::size_t longest_owner = 128;
constexpr int failures_that_count = 3;
// After a controller's own restart its probes know nothing yet; an agent that was ready gets this
// long.
constexpr Duration benefit_of_doubt = std::chrono::seconds(30);

// Between two tries to get a state that another container holds: half as long as it has been held.
constexpr Duration shortest_state_retry = std::chrono::seconds(10);
constexpr Duration longest_state_retry = std::chrono::seconds(300);

// The reason of ConfigurationApplied after a change without a restart.
constexpr std::string_view reloaded = "Reloaded";

bool has_process(const ContainerView& container) {
  return container.state == ContainerState::running || container.state == ContainerState::paused;
}

// Bad or missing configuration, or an image that nothing boots in: the same again gives the same again.
bool is_final(int exit_code) {
  return exit_code == boot_exit::nothing_to_boot || exit_code == boot_exit::unfit_image;
}

bool is_placing(const ContainerView* container) {
  return container != nullptr && container->state == ContainerState::placing;
}

// One plan in the making. The steps below fill it in and return; each fits a screen and decides one
// thing.
class Planner {
 public:
  explicit Planner(const PlanInput& input)
      : in_(input),
        row_(input.row),
        container_(input.observed.container ? &*input.observed.container : nullptr) {
    next().observed_generation = row_.generation;
    next().container_id = container_ != nullptr ? container_->id : std::string{};
    const bool reachable = container_ != nullptr && container_->state == ContainerState::running;
    next().endpoint = reachable ? container_->endpoint : std::string{};
    if (container_ != nullptr && has_process(*container_)) {
      if (is_unknown_process()) put_in_doubt();
      next().started_at = container_->started_at;
    }
  }

  Plan run() {
    if (!in_.observed.name_holder.empty()) return name_taken();
    account_exit();
    if (row_.deletion_requested_at) return delete_agent();
    if (const auto complaint = spec_complaint(); !complaint.empty()) return invalid_spec(complaint);
    if (has_next_token()) return act(ActionKind::install_token, StatusWrite::not_yet);
    note_schedule();
    note_baseline();
    wake_ = wakefulness(row_, in_.now, in_.schedule);
    if (auto step = move()) return std::move(*step);
    Plan plan = wake_.awake ? stay_awake() : sleep();
    // Its life goes on until it can be moved.
    if (!row_.move_to_node.empty())
      plan.requeue_after = std::min(plan.requeue_after.value_or(move_recheck), move_recheck);
    return plan;
  }

 private:
  // --- results ---

  AgentStatus& next() { return plan_.status; }

  void not_ready(std::string reason, std::string message) {
    set_condition(next(), std::string(condition::ready), ConditionStatus::no, std::move(reason),
                  std::move(message), in_.now);
  }

  Plan act(ActionKind action, StatusWrite write) {
    plan_.action = action;
    plan_.write = write;
    return std::move(plan_);
  }

  Plan wait() { return std::move(plan_); }

  Plan wait_until(TimePoint time) {
    plan_.requeue_after = std::max(time - in_.now, Duration(1));
    return std::move(plan_);
  }

  // --- what stands in the way ---

  Plan name_taken() {
    next().phase = Phase::waiting;
    not_ready("NameTaken", "a container that is not this agent's is named " + row_.container_name +
                               " (" + in_.observed.name_holder + "); remove or rename it");
    plan_.suspect = in_.observed.held_by_row;
    return wait_until(in_.now + (plan_.suspect ? own_name_recheck : name_recheck));
  }

  std::string spec_complaint() const {
    if (!valid_container_name(row_.container_name)) {
      return "containerName must be 2 to 128 of letters, digits, '_', '.' and '-', beginning with "
             "a letter or digit";
    }
    if (row_.owner.empty() || row_.owner.size() > longest_owner) {
      return "the owner's id must have 1 to " + std::to_string(longest_owner) + " bytes";
    }
    return {};
  }

  Plan invalid_spec(const std::string& complaint) {
    next().phase = Phase::failed;
    next().last_error = complaint;
    not_ready("InvalidSpec", complaint);
    return wait();
  }

  // --- another gateway token ---

  bool token_waits() const { return !row_.next_gateway_token.empty(); }

  // Whoever talks to a process goes by the row's token in force, so that is the one which the process has. The next one
  // waits for the roll-out of any other change, and is installed once a container has it, before that is started.
  // (One that runs with it already is of a row that a failover took back.)
  bool has_next_token() const {
    return token_waits() && container_ != nullptr && container_->spec_hash == in_.wanted.spec;
  }

  // Asleep without a process: nothing has to wait. That there is none the row must say as well, which a former leader
  // wrote before it started one.
  std::optional<Plan> forget_token() {
    if (!token_waits() || row_.status.phase != Phase::stopped) return std::nullopt;
    if (container_ != nullptr && container_->state == ContainerState::removing)
      return wait_until(in_.now + std::chrono::seconds(1));
    if (container_ != nullptr) {
      return act(ActionKind::remove_container,
                 exit_was_counted_ ? StatusWrite::before_action : StatusWrite::not_yet);
    }
    return act(ActionKind::install_token, StatusWrite::not_yet);
  }

  // --- to another node ---

  // Nothing when its life goes on as ever.
  std::optional<Plan> move() {
    const bool wanted = !row_.move_to_node.empty();
    // Of a wish that has ended, or that a failover took back.
    if (!wanted && in_.observed.copy_under_way)
      return act(ActionKind::give_up_copy, StatusWrite::not_yet);
    if (!wanted) return std::nullopt;
    if (in_.move == nullptr) return act(ActionKind::look_at_move, StatusWrite::not_yet);
    switch (in_.move->stage) {
      case MoveStage::impossible:
        return end_move("MoveRefused", in_.move->detail);
      case MoveStage::failed:
        return end_move("MoveFailed", in_.move->detail);
      case MoveStage::there:
        return end_move("Moved", in_.move->detail);
      case MoveStage::astray:
        return act(ActionKind::give_up_copy, StatusWrite::not_yet);
      case MoveStage::waiting:
        return await_move();
      case MoveStage::away:
        return begin_move();
      case MoveStage::copying:
        return stand_still("Copying", in_.move->detail, copy_recheck);
      case MoveStage::copied:
        return act(ActionKind::keep_copy, StatusWrite::not_yet);
    }
    return std::nullopt;
  }

  void note_move(ConditionStatus status, std::string reason, std::string message) {
    if (find_condition(next(), condition::ready) == nullptr) not_ready("Moving", message);
    set_condition(next(), std::string(condition::moving), status, std::move(reason),
                  std::move(message), in_.now);
  }

  // First the row says how it went, then the wish is gone; what an end leaves under way is given up without it.
  Plan end_move(const std::string& reason, const std::string& message) {
    note_move(ConditionStatus::no, reason, message);
    return act(ActionKind::end_move, StatusWrite::before_action);
  }

  // Without a process until it is there.
  Plan stand_still(const std::string& reason, const std::string& message, Duration recheck) {
    note_move(ConditionStatus::yes, reason, message);
    next().phase = Phase::waiting;
    next().terminated_at.reset();
    next().drain_since.reset();
    not_ready("Moving", message);
    return wait_until(in_.now + recheck);
  }

  std::optional<Plan> await_move() {
    const bool left_behind = row_.move_without_state && in_.move->source_lost;
    if (left_behind && in_.observed.copy_under_way)
      return act(ActionKind::give_up_copy, StatusWrite::not_yet);
    if (left_behind) {
      if (auto step = clear_the_way()) return std::move(*step);
      note_move(ConditionStatus::yes, "StateLeftBehind",
                in_.move->detail + "; it begins anew, empty, on " + row_.move_to_node);
      return act(ActionKind::leave_state, StatusWrite::before_action);
    }
    if (in_.observed.copy_under_way)
      return stand_still("WaitingForNode", in_.move->detail, move_recheck);
    note_move(ConditionStatus::yes, "WaitingForNode", in_.move->detail);
    return std::nullopt;
  }

  Plan begin_move() {
    if (auto step = clear_the_way()) return std::move(*step);
    // What copies them meets on the agent's own network.
    const bool to_copy = in_.observed.volumes != VolumePresence::none;
    if (to_copy && !in_.observed.network_exists)
      return act(ActionKind::ensure_network, StatusWrite::not_yet);
    return act(ActionKind::begin_copy, StatusWrite::not_yet);
  }

  // Nothing once no container is left; until then the step towards that.
  std::optional<Plan> clear_the_way() {
    if (container_ == nullptr) return std::nullopt;
    const std::string message = "it is moved to " + row_.move_to_node;
    note_move(ConditionStatus::yes, "Stopping", message);
    switch (container_->state) {
      case ContainerState::running:
        if (terminating()) return await_end("Moving");
        if (row_.status.phase != Phase::stopping) {
          if (auto waiting = drain(message)) return std::move(*waiting);
        }
        return terminate("Moving", message);
      case ContainerState::placing:
        return terminate("Moving", message);
      case ContainerState::paused:
        next().phase = Phase::stopping;
        not_ready("Moving", message);
        return act(ActionKind::unpause, StatusWrite::before_action);
      case ContainerState::removing:
        return wait_until(in_.now + std::chrono::seconds(1));
      default:
        return act(ActionKind::remove_container,
                   exit_was_counted_ ? StatusWrite::before_action : StatusWrite::not_yet);
    }
  }

  // --- ends of processes ---

  // Each end is counted once, by the engine's own time of it. Ends that we asked for, or that
  // happened to a sleeping agent, are no crashes.
  void account_exit() {
    if (container_ == nullptr || has_process(*container_) || !container_->finished_at) return;
    if (container_->finished_at == row_.status.last_exit_at) return;
    const Phase phase = row_.status.phase;
    const bool expected = row_.status.terminated_at || phase == Phase::stopped ||
                          phase == Phase::stopping || phase == Phase::paused ||
                          phase == Phase::hibernated || phase == Phase::deleting;
    next().last_exit_at = container_->finished_at;
    next().terminated_at.reset();
    next().drain_since.reset();
    if (expected) return;
    exit_was_counted_ = true;
    next().last_error =
        describe_exit(container_->exit_code, container_->oom_killed, container_->memory_mb);
    if (container_->exit_code == boot_exit::held_by_another && !container_->oom_killed)
      return state_is_held(*container_->finished_at);
    state_was_got();
    if (is_final(container_->exit_code)) next().failed_spec = wanted_fingerprint();
    count_crash(*container_->finished_at);
    not_ready("Ended", next().last_error);
  }

  // Nothing of the agent's own failed and nothing was written, so it is no crash; there is always another try, however
  // long it takes.
  void state_is_held(TimePoint at) {
    set_condition(next(), std::string(condition::state), ConditionStatus::no, "StateInUse",
                  next().last_error, at);
    const Duration held = at - find_condition(next(), condition::state)->last_transition;
    next().next_retry_at = at + std::clamp(held / 2, shortest_state_retry, longest_state_retry);
    not_ready("StateInUse", next().last_error);
  }

  bool waits_for_state() const {
    const Condition* state = find_condition(plan_.status, condition::state);
    return state != nullptr && state->status == ConditionStatus::no;
  }

  void state_was_got() {
    if (find_condition(next(), condition::state) == nullptr) return;
    set_condition(next(), std::string(condition::state), ConditionStatus::yes, "Free",
                  "no other container holds it", in_.now);
  }

  void count_crash(TimePoint at) {
    ++next().restart_count;
    const Duration delay = crash_backoff(next().restart_count);
    if (delay > Duration::zero()) {
      next().next_retry_at = at + delay;
    } else {
      next().next_retry_at.reset();
    }
  }

  std::string wanted_fingerprint() const { return in_.wanted.spec + ":" + in_.wanted.config; }

  // Whoever held it may have let go while nobody looked.
  void forget_state_holder() {
    if (!waits_for_state()) return;
    set_condition(next(), std::string(condition::state), ConditionStatus::unknown, "Asleep",
                  "another container held it when the agent was last to run", in_.now);
  }

  // --- awake ---

  Plan stay_awake() {
    next().asleep_since.reset();
    if (find_condition(next(), condition::sleep) != nullptr) {
      set_condition(next(), std::string(condition::sleep), ConditionStatus::no, "Awake",
                    by_schedule() ? "a job of its own is due" : "it is in use, or always on",
                    in_.now);
    }
    if (is_placing(container_)) return await_place();
    if (container_ == nullptr || !has_process(*container_)) return bring_up();
    if (container_->state == ContainerState::paused) return wake_from_pause();
    return keep_running();
  }

  bool by_schedule() const { return wake_.awake && wake_.wake_reason == WakeReason::scheduled; }

  std::string for_a_job() const {
    return by_schedule() ? ", for a job of its own that is due" : "";
  }

  Plan bring_up() {
    plan_.status.terminated_at.reset();
    if (!in_.wanted.problem.empty()) return configuration_invalid();
    if (const bool restart_asked = row_.restarted_at && (!next().last_exit_at ||
                                                         *row_.restarted_at > *next().last_exit_at);
        restart_asked) {
      // A person asked for another try: what failed before is forgiven.
      next().failed_spec.clear();
      next().next_retry_at.reset();
    }
    if (!next().failed_spec.empty() && next().failed_spec == wanted_fingerprint())
      return failed_for_good();
    next().failed_spec.clear();
    if (next().next_retry_at && *next().next_retry_at > in_.now) return back_off();
    if (container_ == nullptr) return create();
    if (container_->state == ContainerState::removing)
      return wait_until(in_.now + std::chrono::seconds(1));
    const bool outdated =
        container_->spec_hash != in_.wanted.spec || container_->state == ContainerState::dead;
    if (outdated || !container_->attached || !in_.observed.network_exists) {
      return act(ActionKind::remove_container,
                 exit_was_counted_ ? StatusWrite::before_action : StatusWrite::not_yet);
    }
    return start();
  }

  Plan configuration_invalid() {
    next().phase = Phase::failed;
    next().last_error = in_.wanted.problem;
    not_ready("ConfigurationInvalid", in_.wanted.problem);
    return wait();
  }

  Plan failed_for_good() {
    next().phase = Phase::failed;
    const bool unfit = next().last_error == describe_exit(boot_exit::unfit_image, false, 0);
    not_ready(
        unfit ? "ImageUnfit" : "ConfigurationRefused",
        next().last_error + "; it is started again when its configuration changes, or on request");
    return wait();
  }

  Plan back_off() {
    if (waits_for_state()) return await_state();
    next().phase = Phase::failed;
    not_ready("CrashLoopBackOff",
              next().last_error + "; ended " + std::to_string(next().restart_count) +
                  " times in a row, next try at " + to_iso8601(*next().next_retry_at));
    return wait_until(*next().next_retry_at);
  }

  Plan await_state() {
    next().phase = Phase::waiting;
    not_ready("StateInUse",
              next().last_error + "; next try at " + to_iso8601(*next().next_retry_at));
    return wait_until(*next().next_retry_at);
  }

  Plan create() {
    const ImageView& image = in_.observed.image;
    if (image.availability != ImageAvailability::present) return obtain_image(image);
    if (in_.observed.volumes != VolumePresence::all)
      return act(ActionKind::ensure_volumes, StatusWrite::not_yet);
    if (!in_.observed.network_exists) return act(ActionKind::ensure_network, StatusWrite::not_yet);
    return act(ActionKind::create_container,
               exit_was_counted_ ? StatusWrite::before_action : StatusWrite::not_yet);
  }

  Plan obtain_image(const ImageView& image) {
    plan_.awaits_image = true;
    if (image.availability == ImageAvailability::failed &&
        image.changed_at + pull_retry > in_.now) {
      next().phase = Phase::waiting;
      next().last_error =
          "the image could not be pulled" + (image.detail.empty() ? "" : ": " + image.detail);
      not_ready("ImagePullFailed", next().last_error);
      return wait_until(image.changed_at + pull_retry);
    }
    next().phase = Phase::pulling;
    if (image.availability == ImageAvailability::pulling) {
      not_ready("PullingImage", std::to_string(image.percent) + " % " + image.detail);
      return wait_until(in_.now + pull_recheck);
    }
    not_ready("PullingImage", "the image is not on this engine yet; pulling it");
    plan_.requeue_after = pull_recheck;
    return act(ActionKind::begin_pull, StatusWrite::after_action);
  }

  Plan start() {
    next().phase = Phase::starting;
    next().config_hash = unread_config_hash(in_.wanted.config, in_.wanted.version);
    next().ready_at.reset();
    next().drain_since.reset();
    next().terminated_at.reset();
    not_ready("Starting", "the gateway is booting" + for_a_job());
    forget_reload();
    plan_.needs_memory = true;
    plan_.needs_start_slot = true;
    // The hash is on record before the process can fetch anything, so it is never newer than what
    // was fetched; whether it is older shows once the process has.
    return act(ActionKind::start, StatusWrite::before_action);
  }

  // Asked to run, and the engine has no place for it: nothing of the agent's own failed, and nothing
  // is gained by asking again. The engine's own words say what it waits for.
  Plan await_place() {
    if (container_->spec_hash != in_.wanted.spec) {
      return terminate("SpecChanged", "its image, limits or token changed while it had no place");
    }
    next().phase = Phase::waiting;
    next().terminated_at.reset();
    not_ready("WaitingForNode", container_->error.empty()
                                    ? "the engine is finding a node for it"
                                    : "the engine has no node for it: " + container_->error);
    return wait_until(in_.now + place_recheck);
  }

  Plan wake_from_pause() {
    const bool was_hibernated = row_.status.phase == Phase::hibernated;
    next().phase = Phase::starting;
    not_ready("Waking",
              (was_hibernated ? "waking from hibernation" : "waking from pause") + for_a_job());
    next().terminated_at.reset();
    plan_.needs_memory = true;
    plan_.probe = true;
    return act(ActionKind::unpause, StatusWrite::after_action);
  }

  // --- awake, with a running process ---

  Plan keep_running() {
    if (terminating()) return await_end("Restarting");
    if (row_.status.phase == Phase::stopping)
      return terminate("Restarting", "it was being stopped when it was needed again");
    if (!container_->attached || container_->endpoint.empty()) {
      return terminate("NetworkLost", "its network was taken away; it is created anew");
    }
    if (const auto [reason, message] = replacement_reason(); !reason.empty())
      return replace(reason, message);
    next().drain_since.reset();
    if (configuration_differs() && can_reload()) return reload();
    note_configuration();
    return follow_health();
  }

  std::pair<std::string, std::string> replacement_reason() const {
    if (row_.restarted_at && container_->started_at &&
        *row_.restarted_at > *container_->started_at) {
      return {"RestartRequested", "a restart was asked for"};
    }
    if (!in_.wanted.problem.empty()) return {};
    if (container_->spec_hash != in_.wanted.spec)
      return {"SpecChanged", "its image, limits or token changed"};
    if (!same_boot_part(plan_.status.config_hash, in_.wanted.config))
      return {"ConfigurationChanged", "its configuration changed"};
    if (!in_.can_reload && configuration_differs())
      return {"ConfigurationChanged",
              "its configuration changed, and this engine applies it by a restart only"};
    if (failed_reloads(plan_.status.config_hash).value_or(0) >= most_reloads)
      return {"ConfigurationChanged",
              "its configuration changed, and could not be applied while it runs"};
    return {};
  }

  // --- a configuration that is applied while the process runs ---

  bool configuration_differs() const {
    return in_.wanted.problem.empty() &&
           !is_current(plan_.status.config_hash, in_.wanted.config, in_.wanted.version);
  }

  // Not the one that the record is of, and not one that a start on record has made: somebody else
  // started it, and it has read whatever the settings were at that time.
  bool is_unknown_process() const {
    const AgentStatus& status = row_.status;
    return status.started_at && container_->started_at &&
           *status.started_at != *container_->started_at && !is_unread(status.config_hash);
  }

  void put_in_doubt() {
    const int failures = failed_reloads(row_.status.config_hash).value_or(0);
    next().config_hash = doubtful_config_hash(row_.status.config_hash, failures);
  }

  // It answers, so it has read its configuration.
  void settle_configuration() {
    if (!in_.wanted.problem.empty() || configuration_differs()) return;
    plan_.vouches_for_settings = is_unread(next().config_hash);
    next().config_hash = in_.wanted.config;
  }

  // Until the gateway has answered, the boot script may still be about to put an older
  // configuration in place. A turn that is running is not disturbed.
  bool can_reload() const {
    if (!in_.can_reload) return false;
    if (in_.health.health == Health::failing) return false;
    return in_.health.health == Health::ready || was_ready();
  }

  Plan reload() {
    plan_.probe = true;
    if (find_condition(next(), condition::ready) == nullptr)
      not_ready("Starting", "the gateway is booting");
    plan_.intention = next();
    const int failures = failed_reloads(next().config_hash).value_or(0);
    plan_.intention->config_hash = doubtful_config_hash(next().config_hash, failures);
    next().config_hash = in_.wanted.config;
    plan_.vouches_for_settings = true;
    set_condition(next(), std::string(condition::configuration), ConditionStatus::yes,
                  std::string(reloaded), "a change was applied without a restart", in_.now);
    return act(ActionKind::reload, StatusWrite::around_action);
  }

  // The next process boots with everything.
  void forget_reload() {
    if (const Condition* was = find_condition(next(), condition::configuration);
        was != nullptr && was->reason == reloaded) {
      set_condition(next(), std::string(condition::configuration), ConditionStatus::yes, "Current",
                    "it runs what the settings say", in_.now);
    }
  }

  void note_configuration() {
    const bool current = in_.wanted.problem.empty();
    const Condition* was = find_condition(next(), condition::configuration);
    const bool said =
        was != nullptr && was->status == ConditionStatus::yes && was->reason == reloaded;
    if (current && (said || configuration_differs())) return;
    set_condition(next(), std::string(condition::configuration),
                  current ? ConditionStatus::yes : ConditionStatus::no,
                  current ? "Current" : "ConfigurationInvalid",
                  current ? "it runs what the settings say"
                          : "it runs on its former configuration: " + in_.wanted.problem,
                  in_.now);
  }

  Plan replace(const std::string& reason, const std::string& message) {
    set_condition(next(), std::string(condition::configuration), ConditionStatus::no, reason,
                  message, in_.now);
    if (auto waiting = drain(message)) return std::move(*waiting);
    return terminate(reason, message);
  }

  // Waits for running turns, up to the limit; nothing once there is nothing left to wait for.
  std::optional<Plan> drain(const std::string& why) {
    if (!is_busy(row_, in_.now)) return std::nullopt;
    if (!next().drain_since) next().drain_since = in_.now;
    const TimePoint limit = *next().drain_since + in_.settings.drain_limit;
    if (in_.now >= limit) return std::nullopt;
    next().phase = Phase::draining;
    set_condition(next(), std::string(condition::ready), ConditionStatus::yes, "Draining",
                  why + "; waiting for its running turn to end", in_.now);
    plan_.probe = true;
    return wait_until(std::min(*row_.busy_until, limit));
  }

  Plan terminate(const std::string& reason, const std::string& message,
                 StatusWrite write = StatusWrite::before_action) {
    next().phase = row_.deletion_requested_at ? Phase::deleting : Phase::stopping;
    next().terminated_at = in_.now;
    next().endpoint.clear();
    not_ready(reason, message);
    plan_.requeue_after = in_.settings.stop_grace;
    return act(ActionKind::terminate, write);
  }

  Plan await_end(const std::string& reason) {
    next().phase = row_.deletion_requested_at ? Phase::deleting : Phase::stopping;
    next().endpoint.clear();
    const TimePoint limit = *row_.status.terminated_at + in_.settings.stop_grace;
    if (const Condition* ready = find_condition(next(), condition::ready);
        ready == nullptr || ready->status != ConditionStatus::no) {
      not_ready(reason, "waiting for its process to end");
    }
    if (in_.now < limit) return wait_until(limit);
    plan_.requeue_after = std::chrono::seconds(1);
    return act(ActionKind::kill, StatusWrite::before_action);
  }

  // TERM was decided for this very process, not for one that ended unseen before somebody started
  // it again.
  bool terminating() const {
    const auto& decided = row_.status.terminated_at;
    return decided && (!container_->started_at || *decided >= *container_->started_at);
  }

  bool was_ready() const {
    const AgentStatus& status = row_.status;
    return (status.phase == Phase::running || status.phase == Phase::draining) && status.ready_at &&
           container_->started_at && *status.ready_at >= *container_->started_at;
  }

  TimePoint watched_since() const {
    // Nobody could have seen it become ready before the first probe; a thawed process was started
    // long ago.
    return std::max(in_.health.watched_since.value_or(in_.now),
                    container_->started_at.value_or(TimePoint{}));
  }

  Plan follow_health() {
    plan_.probe = true;
    if (in_.health.health == Health::ready) return ready();
    if (in_.health.health == Health::failing)
      return unresponsive("LivenessFailed", "stopped answering its probes");
    if (was_ready()) {
      const bool doubted_enough = in_.health.failures >= failures_that_count &&
                                  in_.now >= watched_since() + benefit_of_doubt;
      if (doubted_enough) return unresponsive("LivenessFailed", "does not answer its probes");
      return ready();
    }
    return starting();
  }

  Plan starting() {
    next().phase = Phase::starting;
    const TimePoint limit = watched_since() + in_.settings.start_deadline;
    if (in_.now >= limit) {
      return unresponsive(
          "StartDeadlineExceeded",
          "was not ready " + to_human(in_.settings.start_deadline) + " after its start");
    }
    if (const Condition* ready = find_condition(next(), condition::ready);
        ready == nullptr || (ready->reason != "Starting" && ready->reason != "Waking")) {
      not_ready("Starting", "the gateway is booting");
    }
    return wait_until(limit);
  }

  Plan unresponsive(const std::string& reason, const std::string& what) {
    next().last_error = "the gateway " + what +
                        (in_.health.last_error.empty() ? "" : " (" + in_.health.last_error + ")");
    count_crash(in_.now);
    return terminate(reason, next().last_error);
  }

  Plan ready() {
    if (!was_ready() || !next().ready_at) {
      const TimePoint at = in_.health.ready_at.value_or(in_.now);
      const bool cold = row_.status.phase == Phase::starting && !row_.status.ready_at;
      if (cold && container_->started_at && at >= *container_->started_at) {
        next().start_duration_ms = (at - *container_->started_at).count();
      }
      next().ready_at = std::max(at, container_->started_at.value_or(at));
    }
    if (by_schedule() && in_.schedule == nullptr && *wake_.until <= in_.now) {
      // The job's time is over: is its run, and when is the next?
      return act(ActionKind::read_schedule, StatusWrite::not_yet);
    }
    settle_configuration();
    // Whoever started it: this one was not refused.
    next().failed_spec.clear();
    next().phase = Phase::running;
    state_was_got();
    set_condition(next(), std::string(condition::ready), ConditionStatus::yes, "Ready",
                  "the gateway answers", in_.now);
    std::optional<TimePoint> look_again = wake_.until;
    if (next().restart_count > 0) {
      const TimePoint forgiven = *next().ready_at + crash_memory;
      if (in_.now >= forgiven) {
        next().restart_count = 0;
        next().next_retry_at.reset();
        next().last_error.clear();
      } else {
        look_again = look_again ? std::min(*look_again, forgiven) : forgiven;
      }
    } else {
      next().next_retry_at.reset();
      next().last_error.clear();
    }
    return look_again ? wait_until(*look_again) : wait();
  }

  // --- asleep ---

  bool by_request() const {
    return wake_.sleep_reason == SleepReason::stop_requested ||
           wake_.sleep_reason == SleepReason::inactive;
  }

  std::pair<std::string, std::string> sleep_words() const {
    switch (wake_.sleep_reason) {
      case SleepReason::idle:
        return {"Idle", "asleep since it was idle; the next request wakes it"};
      case SleepReason::never_used:
        return {"NeverUsed", "not used yet; the first request starts it"};
      case SleepReason::stop_requested:
        return {"StopRequested", "stopped on request"};
      case SleepReason::inactive:
        return {"Inactive", "stopped because isActive is false"};
    }
    return {"Idle", "asleep"};
  }

  Plan sleep() {
    if (is_placing(container_)) {
      const auto [reason, message] = sleep_words();
      return terminate(reason, message,
                       by_request() ? StatusWrite::before_action : StatusWrite::before_if_idle);
    }
    if (container_ == nullptr || !has_process(*container_)) return stopped();
    if (container_->state == ContainerState::paused) return sleep_on();
    return fall_asleep();
  }

  Plan stopped() {
    if (auto step = forget_token()) return std::move(*step);
    // Once the row says what is so: also how early it is woken for a job, since a boot takes longer than a thaw.
    const bool new_to_it = row_.status.phase != Phase::stopped;
    if (token_waits() || (wake_.wake_at && new_to_it)) plan_.requeue_after = Duration(1);
    const auto [reason, message] = sleep_words();
    next().phase = Phase::stopped;
    if (!next().asleep_since) next().asleep_since = in_.now;
    next().terminated_at.reset();
    next().drain_since.reset();
    forget_state_holder();
    if (by_request()) {
      next().restart_count = 0;
      next().next_retry_at.reset();
    }
    not_ready(reason, message);
    note_sleep(SleepDepth::stopped, by_request() ? message : in_.sleep.reason);
    return wake_.wake_at && !plan_.requeue_after ? wait_until(*wake_.wake_at) : wait();
  }

  void note_sleep(SleepDepth depth, const std::string& why) {
    set_condition(next(), std::string(condition::sleep), ConditionStatus::yes,
                  depth == SleepDepth::paused       ? "Paused"
                  : depth == SleepDepth::hibernated ? "Hibernated"
                                                    : "Stopped",
                  why, in_.now);
  }

  // A token that was replaced is not kept in a frozen process.
  SleepDepth wanted_depth() const {
    return by_request() || token_waits() ? SleepDepth::stopped : in_.sleep.depth;
  }

  // Frozen already: as deep as allowed, never shallower again.
  Plan sleep_on() {
    const auto [reason, message] = sleep_words();
    if (!next().asleep_since) next().asleep_since = in_.now;
    not_ready(reason, message);
    if (row_.status.phase == Phase::stopping || wanted_depth() == SleepDepth::stopped) {
      // A frozen process cannot handle TERM: it thaws to end in order.
      next().phase = Phase::stopping;
      return act(ActionKind::unpause, StatusWrite::before_action);
    }
    const bool hibernated = row_.status.phase == Phase::hibernated;
    if (wanted_depth() == SleepDepth::hibernated && !hibernated) {
      next().phase = Phase::hibernated;
      note_sleep(SleepDepth::hibernated, in_.sleep.reason);
      if (in_.sleep.review_at)
        plan_.requeue_after = std::max(*in_.sleep.review_at - in_.now, Duration(1));
      return act(ActionKind::reclaim, StatusWrite::after_action);
    }
    next().phase = hibernated ? Phase::hibernated : Phase::paused;
    note_sleep(hibernated ? SleepDepth::hibernated : SleepDepth::paused, in_.sleep.reason);
    std::optional<TimePoint> look_again = in_.sleep.review_at;
    if (wake_.wake_at) look_again = std::min(*wake_.wake_at, look_again.value_or(*wake_.wake_at));
    return look_again ? wait_until(*look_again) : wait();
  }

  Plan fall_asleep() {
    if (terminating()) return await_end(sleep_words().first);
    const auto [reason, message] = sleep_words();
    if (row_.status.phase == Phase::stopping) return terminate(reason, message);
    if (by_request()) {
      if (auto waiting = drain(message)) return std::move(*waiting);
      return terminate(reason, message);
    }
    // Without its network it will never be seen to be ready.
    const bool reachable = container_->attached && !container_->endpoint.empty();
    const bool booting = reachable && in_.health.health != Health::ready && !was_ready() &&
                         row_.status.phase == Phase::starting;
    if (booting) {
      // A boot is let finish: killed half way it would only cost the next one.
      plan_.probe = true;
      return starting();
    }
    // Its own jobs are to happen although it sleeps.
    if (in_.schedule == nullptr) return act(ActionKind::read_schedule, StatusWrite::not_yet);
    if (wanted_depth() == SleepDepth::stopped) {
      return terminate(reason, message, StatusWrite::before_if_idle);
    }
    next().phase = Phase::paused;
    next().asleep_since = in_.now;
    next().endpoint.clear();
    not_ready(reason, message);
    note_sleep(SleepDepth::paused, in_.sleep.reason);
    return act(ActionKind::pause, StatusWrite::before_if_idle);
  }

  void note_baseline() {
    const bool whole = in_.baseline_gaps.empty();
    if (whole && find_condition(next(), condition::baseline) == nullptr) return;
    set_condition(
        next(), std::string(condition::baseline),
        whole ? ConditionStatus::yes : ConditionStatus::no, whole ? "Whole" : "Gaps",
        whole ? "all of the security baseline is around it" : std::string(in_.baseline_gaps),
        in_.now);
  }

  void note_schedule() {
    if (in_.schedule == nullptr) return;
    const ScheduleFinding finding = judge_schedule(*in_.schedule, row_.status, in_.now);
    next().next_due_at = finding.next_due_at;
    const Condition& told = finding.condition;
    const bool worth_saying = told.status != ConditionStatus::yes || finding.next_due_at ||
                              finding.holds ||
                              find_condition(next(), condition::schedule) != nullptr;
    if (worth_saying) {
      set_condition(next(), told.type, told.status, told.reason, told.message, in_.now);
    }
  }

  // --- deletion ---

  Plan delete_agent() {
    next().phase = Phase::deleting;
    not_ready("Deleting",
              row_.purge ? "being deleted with its data" : "being deleted; its data is kept");
    if (container_ != nullptr && container_->state == ContainerState::paused) {
      return act(ActionKind::unpause, StatusWrite::before_action);
    }
    if (is_placing(container_)) return terminate("Deleting", "being deleted");
    if (container_ != nullptr && container_->state == ContainerState::running) {
      if (terminating()) return await_end("Deleting");
      if (auto waiting = drain("a deletion was asked for")) return std::move(*waiting);
      return terminate("Deleting", "being deleted");
    }
    if (container_ != nullptr) return act(ActionKind::remove_container, StatusWrite::before_action);
    if (in_.observed.copy_under_way) return act(ActionKind::give_up_copy, StatusWrite::not_yet);
    if (in_.observed.network_exists) return act(ActionKind::remove_network, StatusWrite::not_yet);
    if (row_.purge && in_.observed.volumes != VolumePresence::none)
      return act(ActionKind::remove_volumes, StatusWrite::not_yet);
    return act(ActionKind::finish_deletion, StatusWrite::not_yet);
  }

  const PlanInput& in_;
  const AgentRow& row_;
  const ContainerView* const container_;
  Plan plan_{ActionKind::none,
             StatusWrite::after_action,
             in_.row.status,
             false,
             false,
             false,
             {},
             {},
             false,
             false,
             {}};
  Wakefulness wake_;
  bool exit_was_counted_ = false;
};

}  // namespace

Plan plan_agent(const PlanInput& input) { return Planner(input).run(); }

Duration crash_backoff(int restart_count) {
  constexpr Duration first = std::chrono::seconds(10);
  constexpr Duration longest = std::chrono::seconds(300);
  if (restart_count <= 1) return Duration::zero();
  const int doublings = std::min(restart_count - 2, 10);
  return std::min(first * (1 << doublings), longest);
}

std::string describe_exit(int exit_code, bool oom_killed, std::int64_t memory_mb) {
  if (oom_killed) {
    return "the gateway ran out of memory (limit " + std::to_string(memory_mb) +
           " MB): raise its memory limit";
  }
  switch (exit_code) {
    case 0:
      return "the gateway ended by itself";
    case 1:
      return "the gateway failed at start (exit 1: its state is locked, or /tmp cannot be written)";
    case boot_exit::cannot_write:
      return "the agent could not write its configuration, workspace or state (exit 73)";
    case boot_exit::api_unreachable:
      return "the agent could not fetch its configuration (exit 75)";
    case boot_exit::held_by_another:
      return "another container holds the agent's state, and its log says which (exit 77)";
    case boot_exit::unfit_image:
      return "the agent's image lacks a program that it boots with, and its log says which (exit "
             "79)";
    case boot_exit::nothing_to_boot:
      return "the gateway refused its configuration (exit 78)";
    case 137:
      return "the process was killed (exit 137)";
    case 143:
      return "the process was asked to end while booting (exit 143)";
    default:
      return "the gateway ended with exit code " + std::to_string(exit_code);
  }
}

std::string_view to_string(ActionKind action) {
  constexpr std::array<std::string_view, 24> words{"none",
                                                   "begin_pull",
                                                   "ensure_volumes",
                                                   "ensure_network",
                                                   "create_container",
                                                   "start",
                                                   "terminate",
                                                   "kill",
                                                   "pause",
                                                   "unpause",
                                                   "reclaim",
                                                   "reload",
                                                   "read_schedule",
                                                   "install_token",
                                                   "look_at_move",
                                                   "begin_copy",
                                                   "keep_copy",
                                                   "give_up_copy",
                                                   "leave_state",
                                                   "end_move",
                                                   "remove_container",
                                                   "remove_network",
                                                   "remove_volumes",
                                                   "finish_deletion"};
  return words[static_cast<std::size_t>(action)];
}

std::string_view to_string(SleepDepth depth) {
  switch (depth) {
    case SleepDepth::paused:
      return "paused";
    case SleepDepth::hibernated:
      return "hibernated";
    case SleepDepth::stopped:
      return "stopped";
  }
  return "stopped";
}

}  // namespace mosaic
