// The writing half of FakeStore: what the real database's triggers do, spelled out.
#include <algorithm>
#include <set>
#include <tuple>

#include "test/fakes/fake_store.hpp"
#include "test/fakes/fake_store_frame.hpp"

namespace mosaic {
namespace {

// Everything whose change makes a new generation.
auto spec_of(const AgentRow& row) {
  return std::tie(row.owner, row.container_name, row.role, row.wanted_gateway_token(),
                  row.desired_state, row.active, row.restarted_at, row.deletion_requested_at,
                  row.purge, row.move_to_node, row.move_without_state, row.image, row.memory_mb,
                  row.cpu_milli, row.idle_timeout);
}

// The database keeps a touch within this of the idle deadline for a wake, whatever the phase says:
// the controller may be putting the agent to sleep at this moment.
constexpr Duration idle_deadline_margin = std::chrono::seconds(5);

// What a process held that was killed is forgotten after this.
constexpr Duration hold_memory = std::chrono::minutes(10);

bool asleep_or_failed(Phase phase) {
  return phase == Phase::stopped || phase == Phase::stopping || phase == Phase::paused ||
         phase == Phase::hibernated || phase == Phase::failed;
}

std::optional<TimePoint> later(std::optional<TimePoint> left, TimePoint right) {
  return left ? std::max(*left, right) : right;
}

}  // namespace

void FakeStore::changed(StoredAgent& agent, std::optional<ChangeUrgency> announce) {
  agent.changed = ++sequence_;
  if (announce) pending_.push_back(Notice{Notice::Kind::row, agent.row.key, *announce});
}

void FakeStore::configuration_changed(StoredAgent& agent) {
  changed(agent, ChangeUrgency::spec_change);
  agent.configured = agent.changed;
}

// These two of all settings decide what agents fetch (agent_config/render.cpp).
void FakeStore::setting_changed(const std::string& key) {
  if (!key.starts_with("fleet.")) return;
  settings_changed_ = ++sequence_;
  if (key == "fleet.toolProfile" || key == "fleet.providerKeys") rendering_changed_ = sequence_;
}

bool FakeStore::wakes(const AgentRow& row) const {
  if (row.desired_state != DesiredState::automatic || row.deletion_requested_at) return false;
  if (asleep_or_failed(row.status.phase) || !row.last_active_at) return true;
  return *row.last_active_at + row.idle_timeout <= clock_.now() + idle_deadline_margin;
}

// Activity of an agent that is awake and has time left moves no deadline nearer: nothing to look at.
bool FakeStore::only_prolongs(const AgentRow& before, const AgentRow& after) const {
  if (asleep_or_failed(after.status.phase) || !before.last_active_at) return false;
  const bool still_busy = !before.busy_until || after.busy_until >= before.busy_until;
  const bool no_earlier = after.status.phase != Phase::draining &&
                          before.busy_until <= *after.last_active_at + after.idle_timeout;
  return after.last_active_at >= before.last_active_at && (still_busy || no_earlier) &&
         *before.last_active_at + after.idle_timeout > clock_.now() + idle_deadline_margin;
}

void FakeStore::move_activity(StoredAgent& agent, TimePoint last_active_at,
                              std::optional<TimePoint> busy_until) {
  AgentRow row = agent.row;
  row.last_active_at = later(row.last_active_at, last_active_at);
  if (busy_until) row.busy_until = *busy_until;
  update_spec(agent, std::move(row));
}

void FakeStore::update_spec(StoredAgent& agent, AgentRow row) {
  row.key = agent.row.key;
  row.status = agent.row.status;
  row.generation = agent.row.generation;
  const bool spec_differs = spec_of(row) != spec_of(agent.row);
  const bool activity_differs =
      row.last_active_at != agent.row.last_active_at || row.busy_until != agent.row.busy_until;
  const bool wake =
      row.last_active_at != agent.row.last_active_at && row.last_active_at && wakes(agent.row);
  std::optional<ChangeUrgency> announce;
  if (spec_differs) announce = ChangeUrgency::spec_change;
  const bool waited_for = row.status.phase == Phase::draining && row.busy_until &&
                          row.busy_until < agent.row.busy_until;
  if (waited_for) announce = ChangeUrgency::spec_change;
  if (wake) announce = ChangeUrgency::waiting_user;
  if (spec_differs) ++row.generation;
  if (std::tie(row.owner, row.role) != std::tie(agent.row.owner, agent.row.role))
    agent.configured = ++sequence_;
  const bool matters = activity_differs && !only_prolongs(agent.row, row);
  agent.row = std::move(row);
  if (spec_differs || matters) changed(agent, announce);
}

void FakeStore::store_status(StoredAgent& agent, const AgentStatus& status) {
  const AgentStatus& was = agent.row.status;
  if (was.phase != status.phase || was.endpoint != status.endpoint)
    pending_.push_back(Notice{Notice::Kind::status, agent.row.key, ChangeUrgency::spec_change});
  agent.row.status = status;
  ++status_writes_;
}

bool FakeStore::write_status(const ResourceKey& key, const AgentStatus& status, Term term) {
  return perform("write_status", [&] {
    auto* agent = stored(key);
    if (agent == nullptr || term != lease_.term) return false;
    store_status(*agent, status);
    return true;
  });
}

bool FakeStore::write_status_if_idle(const ResourceKey& key, const AgentStatus& status,
                                     std::optional<TimePoint> seen_last_active_at,
                                     std::optional<TimePoint> seen_busy_until, Term term) {
  return perform("write_status_if_idle", [&] {
    auto* agent = stored(key);
    if (agent == nullptr || term != lease_.term) return false;
    if (agent->row.last_active_at != seen_last_active_at ||
        agent->row.busy_until != seen_busy_until)
      return false;
    store_status(*agent, status);
    return true;
  });
}

bool FakeStore::erase_with_tombstone(const ResourceKey& key) {
  const auto* agent = stored(key);
  if (agent == nullptr) return false;
  tombstones_[key] = Tombstone{agent->row.owner, ++sequence_, clock_.now()};
  agents_.erase(key);
  pending_.push_back(Notice{Notice::Kind::row, key, ChangeUrgency::spec_change});
  return true;
}

bool FakeStore::install_token(const ResourceKey& key, const std::string& token, Term term) {
  return perform("install_token", [&] {
    auto* agent = stored(key);
    if (agent == nullptr || term != lease_.term || token.empty()) return false;
    if (agent->row.next_gateway_token != token) return false;
    agent->row.gateway_token = std::exchange(agent->row.next_gateway_token, {});
    return true;
  });
}

bool FakeStore::end_move(const ResourceKey& key, const std::string& node, Term term) {
  return perform("end_move", [&] {
    auto* agent = stored(key);
    if (agent == nullptr || term != lease_.term || node.empty()) return false;
    if (agent->row.move_to_node != node) return false;
    agent->row.move_to_node.clear();
    agent->row.move_without_state = false;
    return true;
  });
}

bool FakeStore::finish_deletion(const ResourceKey& key, std::int64_t generation, Term term) {
  return perform("finish_deletion", [&] {
    const auto* agent = stored(key);
    if (agent == nullptr || term != lease_.term || !agent->row.deletion_requested_at) return false;
    if (agent->row.generation != generation) return false;
    return erase_with_tombstone(key);
  });
}

bool FakeStore::was_deleted(const ResourceKey& key) {
  return perform("was_deleted",
                 [&] { return tombstones_.contains(key) && stored(key) == nullptr; });
}

int FakeStore::prune_tombstones(TimePoint before) {
  return perform("prune_tombstones", [&] {
    return static_cast<int>(std::erase_if(
        tombstones_, [&](const auto& entry) { return entry.second.deleted_at < before; }));
  });
}

void FakeStore::append_event(const Event& event) {
  perform("append_event", [&] {
    const auto last = std::find_if(events_.rbegin(), events_.rend(), [&](const Event& candidate) {
      return candidate.key == event.key;
    });
    if (last != events_.rend() && last->reason == event.reason && last->message == event.message) {
      last->count += event.count;
      last->at = event.at;
      last->severity = event.severity;
      return;
    }
    events_.push_back(event);
    events_.back().id = ++last_event_id_;
  });
}

std::vector<Event> FakeStore::events(const EventQuery& query) {
  return perform("events", [&] {
    std::vector<Event> result;
    const auto before = query.before_id > 0 ? query.before_id : INT64_MAX;
    for (const auto& event : events_) {
      if (event.id > query.after_id && event.id < before && (!query.key || event.key == *query.key))
        result.push_back(event);
    }
    std::sort(result.begin(), result.end(), [&](const Event& left, const Event& right) {
      if (query.key) return left.id > right.id;
      return std::tie(left.at, left.id) > std::tie(right.at, right.id);
    });
    const auto limit = static_cast<std::size_t>(std::clamp(query.limit, 1, 1000));
    if (result.size() > limit) result.resize(limit);
    return result;
  });
}

int FakeStore::prune_events(int keep, TimePoint before) {
  return perform("prune_events", [&] {
    std::map<ResourceKey, int> newer;
    std::set<std::int64_t> gone;
    for (auto event = events_.rbegin(); event != events_.rend(); ++event) {
      if (++newer[event->key] > keep || event->at < before) gone.insert(event->id);
    }
    std::erase_if(events_, [&](const Event& event) { return gone.contains(event.id); });
    return static_cast<int>(gone.size());
  });
}

bool FakeStore::touch(const ResourceKey& key, TimePoint now) {
  return perform("touch", [&] {
    auto* agent = stored(key);
    if (agent == nullptr) return false;
    if (key.kind == ResourceKind::user_container) move_activity(*agent, now, std::nullopt);
    return true;
  });
}

bool FakeStore::set_desired_state(const ResourceKey& key, DesiredState state) {
  return perform("set_desired_state", [&] {
    auto* agent = stored(key);
    if (agent == nullptr) return false;
    AgentRow row = agent->row;
    row.desired_state = state;
    update_spec(*agent, std::move(row));
    return true;
  });
}

bool FakeStore::request_restart(const ResourceKey& key, TimePoint now) {
  return perform("request_restart", [&] {
    auto* agent = stored(key);
    if (agent == nullptr) return false;
    AgentRow row = agent->row;
    row.restarted_at = now;
    update_spec(*agent, std::move(row));
    return true;
  });
}

bool FakeStore::replace_token(const ResourceKey& key, const std::string& token) {
  return perform("replace_token", [&] {
    auto* agent = stored(key);
    if (agent == nullptr) return false;
    AgentRow row = agent->row;
    row.next_gateway_token = token;
    update_spec(*agent, std::move(row));
    return true;
  });
}

bool FakeStore::request_move(const ResourceKey& key, const std::string& node, bool without_state) {
  return perform("request_move", [&] {
    auto* agent = stored(key);
    if (agent == nullptr) return false;
    AgentRow row = agent->row;
    row.move_to_node = node;
    row.move_without_state = without_state;
    update_spec(*agent, std::move(row));
    return true;
  });
}

bool FakeStore::request_deletion(const ResourceKey& key, bool purge, TimePoint now) {
  return perform("request_deletion", [&] {
    auto* agent = stored(key);
    if (agent == nullptr) return false;
    AgentRow row = agent->row;
    if (!row.deletion_requested_at) row.deletion_requested_at = now;
    row.purge = row.purge || purge;
    update_spec(*agent, std::move(row));
    return true;
  });
}

// `at_least`: what busyUntil becomes when no hold is later.
void FakeStore::change_holds(const ResourceKey& key, TimePoint now,
                             const std::function<void(std::map<std::string, TimePoint>&)>& change,
                             std::optional<TimePoint> at_least) {
  auto* agent = stored(key);
  if (agent == nullptr || key.kind != ResourceKind::user_container) return;
  const auto latest = [&] {
    std::optional<TimePoint> until;
    for (const auto& [process, held_until] : agent->holds) until = later(until, held_until);
    return until;
  };
  const auto was = latest();
  change(agent->holds);
  std::erase_if(agent->holds, [&](const auto& hold) { return hold.second <= now - hold_memory; });
  auto until = latest();
  if (at_least) until = later(until, *at_least);
  // Beyond all holds: somebody else's word.
  if (agent->row.busy_until > was) until = later(until, *agent->row.busy_until);
  move_activity(*agent, now, until);
}

void FakeStore::record_activity(const Activity& activity) {
  perform("record_activity", [&] {
    for (const auto& [key, until] : activity.held_until) {
      const auto hold = [&, until = until](std::map<std::string, TimePoint>& holds) {
        auto& own = holds[activity.process];
        own = std::max(own, until);
      };
      change_holds(key, activity.now, hold, std::nullopt);
    }
    for (const auto& [key, until] : activity.let_go) {
      const auto let_go = [&, until = until](std::map<std::string, TimePoint>& holds) {
        const auto own = holds.find(activity.process);
        if (own != holds.end() && own->second <= until) holds.erase(own);
      };
      change_holds(key, activity.now, let_go, activity.now);
    }
  });
}

void FakeStore::put_setting(const std::string& key, const std::string& value) {
  perform("put_setting", [&] {
    settings_[key] = FakeSetting{value, false};
    setting_changed(key);
    if (!key.starts_with("fleet.")) return;
    pending_.push_back(Notice{Notice::Kind::settings, {}, ChangeUrgency::spec_change});
  });
}

std::optional<Term> FakeStore::acquire_lease(const std::string& holder, Duration time_to_live,
                                             const std::string& replaces) {
  return perform("acquire_lease", [&]() -> std::optional<Term> {
    const auto now = clock_.now();
    const bool ours = lease_.holder == holder;
    const bool free = lease_.holder.empty() || !lease_.expires_at || *lease_.expires_at <= now;
    const bool replaced = !replaces.empty() && lease_.holder == replaces;
    if (!ours && !free && !replaced) {
      standbys_[holder] = now;
      return std::nullopt;
    }
    standbys_.erase(holder);
    if (!ours) {
      // Never a term that was handed out before, not even one that a failover has lost.
      lease_.term = std::max<Term>(lease_.term + 1, now.time_since_epoch().count());
      lease_.since = now;
    }
    lease_.holder = holder;
    lease_.expires_at = now + time_to_live;
    return lease_.term;
  });
}

bool FakeStore::renew_lease(const std::string& holder, Term term, Duration time_to_live) {
  return perform("renew_lease", [&] {
    if (lease_.holder != holder || lease_.term != term) return false;
    lease_.expires_at = clock_.now() + time_to_live;
    return true;
  });
}

void FakeStore::release_lease(const std::string& holder, Term term) {
  perform("release_lease", [&] {
    if (lease_.holder != holder || lease_.term != term) return;
    lease_.holder.clear();
    lease_.expires_at.reset();
    lease_.since.reset();
  });
}

LeaseView FakeStore::lease() {
  return perform("lease", [&] {
    LeaseView view = lease_;
    for (const auto& [holder, seen_at] : standbys_) {
      if (clock_.now() - seen_at < std::chrono::seconds(30)) view.standbys.push_back(holder);
    }
    return view;
  });
}

}  // namespace mosaic
