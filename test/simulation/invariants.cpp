#include "test/simulation/invariants.hpp"

#include <algorithm>
#include <tuple>

#include "model/naming.hpp"
#include "reconcilers/orphan_plan.hpp"

namespace mosaic::simulation {
namespace {

constexpr Duration lease_time = std::chrono::seconds(16);
// A record of use is in force for this long (ActivitySettings::lease).
constexpr Duration use_lease = std::chrono::seconds(30);

// 0, 10, 20 and 40 s lie between the first five.
constexpr std::size_t most_starts_a_minute = 7;

bool has_process(const FakeContainer& container) {
  return container.view.state == ContainerState::running ||
         container.view.state == ContainerState::paused;
}

bool destroys(EngineMethod method) {
  return method == EngineMethod::terminate || method == EngineMethod::kill ||
         method == EngineMethod::pause || method == EngineMethod::remove_container;
}

auto spec_side(const AgentRow& row) {
  return std::tie(row.key, row.owner, row.container_name, row.role, row.gateway_token,
                  row.desired_state, row.active, row.generation, row.restarted_at,
                  row.deletion_requested_at, row.purge, row.image, row.memory_mb, row.cpu_milli,
                  row.last_active_at, row.busy_until, row.idle_timeout);
}

}  // namespace

Invariants::Invariants(const Clock& clock, FakeStore& store, FakeEngine& engine, Trace& trace)
    : clock_(clock), store_(store), engine_(engine), trace_(trace) {}

void Invariants::fail(const std::string& rule, const std::string& text) {
  if (violation_) return;
  violation_ = Violation{rule, text};
  trace_.note({"VIOLATION of", rule, ":", text});
}

void Invariants::row_begins(const ResourceKey& key) {
  purge_asked_.erase(key);
  purged_.erase(key);
  recorded_.erase(key);
}

void Invariants::disturbed(const ResourceKey& key) { disturbed_at_[key] = clock_.now(); }

void Invariants::everything_disturbed() { all_disturbed_at_ = clock_.now(); }

void Invariants::failed_over() {
  failed_over_at_ = clock_.now();
  purged_.clear();
  everything_disturbed();
}

bool Invariants::lately_failed_over() const {
  return failed_over_at_ && clock_.now() < *failed_over_at_ + lease_time;
}

// S5: whatever text leaves a process.
void Invariants::text_written(const std::string& where, std::string_view text) {
  for (const auto& secret : secrets_) {
    if (text.find(secret) != std::string_view::npos) fail("S5", "a secret stands in " + where);
  }
}

void Invariants::chat_began(int number, const std::string& gateway, const ResourceKey& agent,
                            const std::string& container_id, const std::string& token) {
  chats_[number] = Chat{gateway, agent, container_id};
  const auto& recorded = recorded_[agent];
  const auto use = recorded.find(gateway);
  if (use == recorded.end() || use->second.at + use_lease <= clock_.now())
    fail("S3", "a turn was passed to " + container_id + " without a record that it is in use");
  const auto container = engine_.find_container(container_id);
  // Ten wrong ones, and the gateway takes nobody's for five minutes.
  if (container && container->spec.gateway_token != token &&
      !failed_over_since(container->view.started_at.value_or(TimePoint{})))
    fail("S9", "a turn was passed to " + container_id + " with a token that it does not have");
  if (container && put_to_sleep_.contains(container_id) && !may_be_ended(*container, gateway))
    fail("S3", "a turn was passed to " + container_id + ", which is being put to sleep");
}

// S9: whoever begins a turn now goes by it.
void Invariants::token_installed(const ResourceKey& key, const std::string& token) {
  for (const auto& container : engine_.containers_of(key)) {
    if (has_process(container) && container.spec.gateway_token != tokens_.at(token))
      fail("S9", container.view.id + " runs with another token than the one that came into force");
  }
}

void Invariants::chat_ended(int number) { chats_.erase(number); }

// S1, and that nobody's hand was on what is not ours (S6). Two processes on one state count as two of one row.
void Invariants::check_engine() {
  std::map<std::string, int> running;
  for (const auto& container : engine_.containers()) {
    if (!has_process(container) || container.spec.identity.owner.empty()) continue;
    if (++running[state_volume_name(container.spec.identity)] > 1)
      fail("S1", "two processes on the state of " + container.spec.identity.owner);
  }
  for (const auto& owner : engine_.lost_states())
    fail("S2", "a process of " + owner + " did not find what the last one had written");
  if (!engine_.touched_foreign().empty()) fail("S6", "a container that is not ours was changed");
}

// S8.
void Invariants::engine_call_begins(const Process& process, EngineMethod method) {
  if (process.dead || lately_failed_over()) return;
  const LeaseView lease = store_.lease();
  if (lease.holder != process.name)
    fail("S8", process.name + " calls " + std::string(to_string(method)) + ", and " +
                   (lease.holder.empty() ? "nobody" : lease.holder) + " has the lease");
}

void Invariants::effect_on_container(const Process& process, EngineMethod method,
                                     const std::string& container_id) {
  const auto container = engine_.find_container(container_id);
  if (!container) return;
  if (container->spec.identity.instance.empty()) {
    fail("S6", process.name + " calls " + std::string(to_string(method)) + " on " + container_id +
                   ", which is not ours");
    return;
  }
  if (method == EngineMethod::start || method == EngineMethod::unpause)
    put_to_sleep_.erase(container_id);
  if (method == EngineMethod::start) check_back_off(*container);
  if (!destroys(method)) return;
  check_knowledge(process, method, *container);
  check_lost_row(process, method, *container);
  if (has_process(*container)) check_use(process, method, *container);
}

// A container that ends again and again is given time, also by a controller that has just begun.
void Invariants::check_back_off(const FakeContainer& container) {
  const ResourceKey& key = container.view.key;
  auto& starts = starts_[key];
  const auto disturbed = disturbed_at_.find(key);
  const TimePoint since = clock_.now() - std::chrono::minutes(1);
  std::erase_if(starts, [&](TimePoint at) {
    return at < since || (all_disturbed_at_ && at <= *all_disturbed_at_) ||
           (disturbed != disturbed_at_.end() && at <= disturbed->second);
  });
  starts.push_back(clock_.now());
  if (starts.size() > most_starts_a_minute)
    fail("back-off", to_string(key) + " was started " + std::to_string(starts.size()) +
                         " times within a minute");
}

// S4: nothing destructive on an observation older than the last action, or after a look that failed.
void Invariants::check_knowledge(const Process& process, EngineMethod method,
                                 const FakeContainer& container) {
  const ResourceKey& key = container.view.key;
  const Knowledge& known = knowledge_[{process.name, key}];
  const auto list = listed_.find(process.name);
  const bool by_list = !store_.find_agent(key) || engine_.containers_of(key).size() > 1;
  std::optional<TimePoint> looked = known.observed_as_of;
  if (by_list && list != listed_.end() && (!looked || list->second > *looked))
    looked = list->second;
  const std::string what = std::string(to_string(method)) + " of " + container.view.id;
  if (!looked || (known.last_look_failed && !by_list)) {
    fail("S4", process.name + " decided " + what + " without having seen it");
  } else if (const auto& acted = by_list ? known.cleaned_at : known.acted_at;
             acted && *looked < *acted) {
    fail("S4", process.name + " decided " + what + " on an observation older than its last action");
  }
}

// S4 again: a row that cannot be found, and was not deleted, keeps its container for a long while, or until its owner
// has another one.
void Invariants::check_lost_row(const Process& process, EngineMethod method,
                                const FakeContainer& container) {
  const ResourceKey& key = container.view.key;
  if (store_.find_agent(key)) return;
  if (store_.was_deleted(key)) return;
  bool replaced = false;
  store_.for_each_agent([&](AgentRow&& row) {
    replaced = replaced || (row.key.kind == key.kind && row.owner == container.spec.identity.owner);
  });
  if (replaced) return;
  if (!failed_over_at_ || clock_.now() >= *failed_over_at_ + lost_row_grace) return;
  // What a worker began before the failover took the row away is no decision upon its absence.
  if (in_process_.contains({process.name, key})) return;
  fail("S4", std::string(to_string(method)) + " of " + container.view.id +
                 ", whose row the database has lost");
}

// Whether an end of its process can have another reason than idling.
bool Invariants::may_be_ended(const FakeContainer& container, const std::string& gateway) {
  const ResourceKey& key = container.view.key;
  const auto row = store_.find_agent(key);
  if (!row || row->deletion_requested_at || row->desired_state == DesiredState::stopped ||
      !row->move_to_node.empty())
    return true;
  if (ending_.contains(container.view.id)) return true;
  const TimePoint since = container.view.started_at.value_or(TimePoint{});
  if (all_disturbed_at_ && *all_disturbed_at_ >= since) return true;
  const auto disturbed = disturbed_at_.find(key);
  if (disturbed != disturbed_at_.end() && disturbed->second >= since) return true;
  // A gateway that cannot write its records keeps nobody awake for longer than the last one says.
  const auto failed = activity_failed_.find(gateway);
  return failed != activity_failed_.end() && failed->second + use_lease >= clock_.now();
}

// S3.
void Invariants::check_use(const Process& process, EngineMethod method,
                           const FakeContainer& container) {
  const std::string& id = container.view.id;
  bool allowed = true;
  for (const auto& [number, chat] : chats_) {
    if (chat.container_id != id) continue;
    if (may_be_ended(container, chat.gateway)) continue;
    allowed = false;
    fail("S3", process.name + " calls " + std::string(to_string(method)) + " on " + id +
                   " while chat " + std::to_string(number) + " is open");
  }
  const auto row = store_.find_agent(container.view.key);
  const Condition* ready = row ? find_condition(row->status, condition::ready) : nullptr;
  const bool idle = ready != nullptr && (ready->reason == "Idle" || ready->reason == "NeverUsed");
  if (idle) {
    put_to_sleep_.insert(id);
  } else if (allowed) {
    ending_.insert(id);
  }
}

// No key is ever with two workers.
void Invariants::reconcile_begins(const Process& process, const ResourceKey& key) {
  if (!in_process_.insert({process.name, key}).second)
    fail("queue", to_string(key) + " is with two workers of " + process.name);
}

void Invariants::reconcile_ends(const Process& process, const ResourceKey& key) {
  in_process_.erase({process.name, key});
}

// S2.
void Invariants::effect_on_volumes(const Process& process, const AgentIdentity& identity) {
  const Knowledge& known = knowledge_[{process.name, identity.key}];
  const bool read_last =
      known.purge_read_at && known.observed_as_of && *known.purge_read_at > *known.observed_as_of;
  if (!purge_asked_.contains(identity.key) && !read_last)
    fail("S2",
         process.name + " removes the volumes of " + identity.owner + ", which nobody asked for");
  for (const auto& container : engine_.containers()) {
    if (container.view.key == identity.key && !container.spec.identity.owner.empty())
      fail("S2", process.name + " removes the volumes of " + identity.owner + ", whose container " +
                     container.view.id + " is still there");
  }
}

// S2 again: nobody's state is left behind unasked.
void Invariants::effect_on_move(const Process& process, const AgentIdentity& identity,
                                MoveStep step) {
  if (step == MoveStep::leave_state && !may_leave_state_.contains(identity.key))
    fail("S2", process.name + " leaves the state of " + identity.owner +
                   " behind, which nobody asked for");
}

void Invariants::acted(const Process& process, const ResourceKey& key) {
  // The cleanup of what has no row is another reconciler's, under another key.
  Knowledge& known = knowledge_[{process.name, key}];
  (store_.find_agent(key) ? known.acted_at : known.cleaned_at) = clock_.now();
}

void Invariants::observed(const Process& process, const ResourceKey& key, TimePoint as_of) {
  Knowledge& known = knowledge_[{process.name, key}];
  known.observed_as_of = as_of;
  known.last_look_failed = false;
}

void Invariants::observation_failed(const Process& process, const ResourceKey& key) {
  knowledge_[{process.name, key}].last_look_failed = true;
}

void Invariants::listed(const Process& process, TimePoint as_of) { listed_[process.name] = as_of; }

void Invariants::row_read(const Process& process, const ResourceKey& key) {
  auto& read_at = knowledge_[{process.name, key}].purge_read_at;
  read_at.reset();
  if (purge_asked_.contains(key)) read_at = clock_.now();
}

void Invariants::before_status_write(const ResourceKey& key) {
  before_write_ = store_.find_agent(key);
}

// S7 and the other half of S8.
void Invariants::after_status_write(const Process& process, const ResourceKey& key, bool accepted,
                                    bool finishes_deletion) {
  const auto after = store_.find_agent(key);
  const std::string who = process.name + " wrote to " + to_string(key);
  if (accepted && store_.lease().holder != process.name)
    fail("S8", who + " without the lease, and the row took it");
  const bool purges = before_write_ && before_write_->purge;
  if (accepted && finishes_deletion && purges) purged_.insert(key);
  const bool may_go = finishes_deletion && before_write_ && before_write_->deletion_requested_at;
  if (before_write_ && !after && !may_go) {
    fail("S7", who + ", and the row is gone");
  } else if (before_write_ && after && spec_side(*before_write_) != spec_side(*after)) {
    fail("S7", who + " and changed what belongs to people");
  }
  if (!after || !accepted) return;
  text_written("the last error of " + to_string(key), after->status.last_error);
  for (const auto& told : after->status.conditions)
    text_written("a condition of " + to_string(key), told.message);
}

void Invariants::event_written(const Process&, const Event& event) {
  text_written("an event of " + to_string(event.key), event.message);
}

void Invariants::activity_failed(const Process& process) {
  activity_failed_[process.name] = clock_.now();
}

void Invariants::activity_written(const Process& process, const Activity& activity) {
  for (const auto& [key, until] : activity.held_until) {
    auto& use = recorded_[key][process.name];
    use = RecordedUse{clock_.now(), std::max(use.until, until)};
    check_records(key);
  }
  for (const auto& [key, until] : activity.let_go) {
    auto& recorded = recorded_[key];
    const auto use = recorded.find(process.name);
    if (use != recorded.end() && use->second.until <= until) recorded.erase(use);
    check_records(key);
  }
}

// S3: whoever takes back what it held, takes back nothing of another.
void Invariants::check_records(const ResourceKey& key) {
  const auto row = store_.find_agent(key);
  if (!row) return;
  for (const auto& [gateway, use] : recorded_[key]) {
    if (failed_over_since(use.at)) continue;
    if (!row->busy_until || *row->busy_until < use.until)
      fail("S3", "the record that " + gateway + " uses " + to_string(key) + " is gone");
  }
}

}  // namespace mosaic::simulation
