#include "test/simulation/process_store.hpp"

#include "test/simulation/process_call.hpp"

namespace mosaic::simulation {

template <typename Work>
auto ProcessStore::call(std::string_view operation, std::string_view target, Work work) {
  return interrupted(interruptions_, process_, Callee::store, operation, target, std::move(work));
}

std::optional<AgentRow> ProcessStore::find_agent(const ResourceKey& key) {
  return call("find_agent", key.name, [&] {
    witness_.row_read(process_, key);
    return store_.find_agent(key);
  });
}

void ProcessStore::for_each_agent(const std::function<void(AgentRow&&)>& visitor) {
  call("for_each_agent", {}, [&] { store_.for_each_agent(visitor); });
}

void ProcessStore::scan_agents(const std::function<void(AgentRow&&)>& visitor) {
  call("scan_agents", {}, [&] { store_.scan_agents(visitor); });
}

std::optional<AgentConfigSource> ProcessStore::find_config_source(const ResourceKey& key) {
  return call("find_config_source", key.name, [&] { return store_.find_config_source(key); });
}

std::vector<ResourceKey> ProcessStore::find_keys(const std::string& id) {
  return call("find_keys", id, [&] { return store_.find_keys(id); });
}

std::map<std::string, std::string> ProcessStore::settings(const std::string& prefix) {
  return call("settings", prefix, [&] { return store_.settings(prefix); });
}

ChangeBatch ProcessStore::changes_since(const std::string& cursor) {
  return call("changes_since", {}, [&] { return store_.changes_since(cursor); });
}

bool ProcessStore::write_status(const ResourceKey& key, const AgentStatus& status, Term term) {
  return call("write_status", key.name, [&] {
    witness_.before_status_write(key);
    const bool accepted = store_.write_status(key, status, term);
    witness_.after_status_write(process_, key, accepted, false);
    return accepted;
  });
}

bool ProcessStore::write_status_if_idle(const ResourceKey& key, const AgentStatus& status,
                                        std::optional<TimePoint> seen_last_active_at,
                                        std::optional<TimePoint> seen_busy_until, Term term) {
  return call("write_status_if_idle", key.name, [&] {
    witness_.before_status_write(key);
    const bool accepted =
        store_.write_status_if_idle(key, status, seen_last_active_at, seen_busy_until, term);
    witness_.after_status_write(process_, key, accepted, false);
    return accepted;
  });
}

bool ProcessStore::install_token(const ResourceKey& key, const std::string& token, Term term) {
  return call("install_token", key.name, [&] {
    const bool accepted = store_.install_token(key, token, term);
    if (accepted) witness_.token_installed(key, token);
    return accepted;
  });
}

bool ProcessStore::end_move(const ResourceKey& key, const std::string& node, Term term) {
  return call("end_move", key.name, [&] { return store_.end_move(key, node, term); });
}

bool ProcessStore::finish_deletion(const ResourceKey& key, std::int64_t generation, Term term) {
  return call("finish_deletion", key.name, [&] {
    witness_.before_status_write(key);
    const bool accepted = store_.finish_deletion(key, generation, term);
    witness_.after_status_write(process_, key, accepted, true);
    return accepted;
  });
}

bool ProcessStore::was_deleted(const ResourceKey& key) {
  return call("was_deleted", key.name, [&] { return store_.was_deleted(key); });
}

int ProcessStore::prune_tombstones(TimePoint before) {
  return call("prune_tombstones", {}, [&] { return store_.prune_tombstones(before); });
}

void ProcessStore::append_event(const Event& event) {
  call("append_event", event.key.name, [&] {
    store_.append_event(event);
    witness_.event_written(process_, event);
  });
}

std::vector<Event> ProcessStore::events(const EventQuery& query) {
  return call("events", {}, [&] { return store_.events(query); });
}

int ProcessStore::prune_events(int keep, TimePoint before) {
  return call("prune_events", {}, [&] { return store_.prune_events(keep, before); });
}

bool ProcessStore::touch(const ResourceKey& key, TimePoint now) {
  return call("touch", key.name, [&] { return store_.touch(key, now); });
}

bool ProcessStore::set_desired_state(const ResourceKey& key, DesiredState state) {
  return call("set_desired_state", key.name, [&] { return store_.set_desired_state(key, state); });
}

bool ProcessStore::request_restart(const ResourceKey& key, TimePoint now) {
  return call("request_restart", key.name, [&] { return store_.request_restart(key, now); });
}

bool ProcessStore::replace_token(const ResourceKey& key, const std::string& token) {
  return call("replace_token", key.name, [&] { return store_.replace_token(key, token); });
}

bool ProcessStore::request_move(const ResourceKey& key, const std::string& node,
                                bool without_state) {
  return call("request_move", key.name,
              [&] { return store_.request_move(key, node, without_state); });
}

bool ProcessStore::request_deletion(const ResourceKey& key, bool purge, TimePoint now) {
  return call("request_deletion", key.name,
              [&] { return store_.request_deletion(key, purge, now); });
}

void ProcessStore::record_activity(const Activity& activity) {
  try {
    call("record_activity", {}, [&] {
      store_.record_activity(activity);
      witness_.activity_written(process_, activity);
    });
  } catch (const StoreError&) {
    witness_.activity_failed(process_);
    throw;
  }
}

void ProcessStore::put_setting(const std::string& key, const std::string& value) {
  call("put_setting", key, [&] { store_.put_setting(key, value); });
}

std::optional<Term> ProcessStore::acquire_lease(const std::string& holder, Duration time_to_live,
                                                const std::string& replaces) {
  return call("acquire_lease", holder,
              [&] { return store_.acquire_lease(holder, time_to_live, replaces); });
}

bool ProcessStore::renew_lease(const std::string& holder, Term term, Duration time_to_live) {
  return call("renew_lease", holder,
              [&] { return store_.renew_lease(holder, term, time_to_live); });
}

void ProcessStore::release_lease(const std::string& holder, Term term) {
  call("release_lease", holder, [&] { store_.release_lease(holder, term); });
}

LeaseView ProcessStore::lease() {
  return call("lease", {}, [&] { return store_.lease(); });
}

std::string ProcessStore::instance_id() { return store_.instance_id(); }

}  // namespace mosaic::simulation
