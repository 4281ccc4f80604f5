// The database as the rest of the house sees it, in small interfaces: who needs only to read rows
// takes an AgentReader and cannot write a status. PostgresStore implements all of them; test/fakes
// has them in memory; both pass the same conformance suite (test/conformance).
//
// Thread-safety: every method may be called from any thread at the same time. Errors: StoreError
// when the database did not answer or refused; the transaction did not happen (or, after a lost
// connection during commit, may have happened: every write here may be repeated safely).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "model/agent.hpp"
#include "model/clock.hpp"
#include "model/resource_key.hpp"

namespace mosaic {

// what() is one line for people and holds no connection string and no value of a row.
class StoreError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// The leader's number: it only grows, and every status write carries it. A write with an old term
// changes nothing.
using Term = std::int64_t;

class AgentReader {
 public:
  virtual ~AgentReader() = default;
  virtual std::optional<AgentRow> find_agent(const ResourceKey& key) = 0;
  // Visits every row of both kinds in one consistent snapshot, in bounded memory. The visitor must
  // not call the store.
  virtual void for_each_agent(const std::function<void(AgentRow&&)>& visitor) = 0;
  // The same without the conditions, which are most of a listing's cost and decide nothing.
  virtual void scan_agents(const std::function<void(AgentRow&&)>& visitor) = 0;
  virtual std::optional<AgentConfigSource> find_config_source(const ResourceKey& key) = 0;
  // The keys of rows whose id equals `id`, whatever their kind (at most two).
  virtual std::vector<ResourceKey> find_keys(const std::string& id) = 0;
  // Plain values of the "SystemConfig" rows whose key begins with `prefix`; encrypted ones are left
  // out.
  virtual std::map<std::string, std::string> settings(const std::string& prefix) = 0;
};

// What changed since the last look. Cursors are opaque and safe against transactions that commit
// out of order.
struct ChangeBatch {
  std::vector<ResourceKey> keys;
  bool settings_changed = false;
  // the cursor is too old or from another database's life: list everything
  bool relist = false;
  std::string cursor;
};

class ChangeFeed {
 public:
  virtual ~ChangeFeed() = default;
  // An empty cursor begins now (relist = true).
  virtual ChangeBatch changes_since(const std::string& cursor) = 0;
};

class StatusWriter {
 public:
  virtual ~StatusWriter() = default;
  // False when the row is gone or `term` is no longer the leader's. Touches no column of the spec
  // side.
  virtual bool write_status(const ResourceKey& key, const AgentStatus& status, Term term) = 0;
  // The same, but only while the row's activity is still exactly what the caller decided upon: a
  // turn that began meanwhile makes this false, and the agent is not put to sleep (S3).
  virtual bool write_status_if_idle(const ResourceKey& key, const AgentStatus& status,
                                    std::optional<TimePoint> seen_last_active_at,
                                    std::optional<TimePoint> seen_busy_until, Term term) = 0;
  // The row's next gateway token becomes the one in force: for when no process is left with the one before. False:
  // fenced, gone, or `token` is not (no longer) the next one.
  virtual bool install_token(const ResourceKey& key, const std::string& token, Term term) = 0;
  // It is no longer to be moved to that node. False: fenced, gone, or it is to go elsewhere by now.
  virtual bool end_move(const ResourceKey& key, const std::string& node, Term term) = 0;
  // Removes a row whose deletion was requested and whose objects are gone, as the row asked for it in
  // this generation. False: fenced, gone, no longer requested, or something else is asked for by now
  // (that its data go, too).
  virtual bool finish_deletion(const ResourceKey& key, std::int64_t generation, Term term) = 0;
  // True when this row existed and was deleted (a tombstone stands for it). A row that merely
  // cannot be found has none: then the database may have lost it, and its container is kept for a
  // long while.
  virtual bool was_deleted(const ResourceKey& key) = 0;
  // Lets tombstones from before go, when nothing on an engine can need them any more; how many went. One call removes a
  // bounded number: call again while it removes something.
  virtual int prune_tombstones(TimePoint before) = 0;
};

enum class EventSeverity : std::uint8_t { normal, warning };

struct Event {
  std::int64_t id = 0;
  TimePoint at{};
  ResourceKey key;
  EventSeverity severity = EventSeverity::normal;
  std::string reason;   // CamelCase
  std::string message;  // one line, no secret
  int count = 1;        // how often in a row; `at` is the last time
};

struct EventQuery {
  std::optional<ResourceKey> key;
  std::int64_t after_id = 0;
  int limit = 100;             // 1 to 1000
  std::int64_t before_id = 0;  // 0: from the newest
};

class EventLog {
 public:
  virtual ~EventLog() = default;
  // An event equal to the key's last one (same reason and message) raises its count instead.
  virtual void append_event(const Event& event) = 0;
  virtual std::vector<Event> events(const EventQuery& query) = 0;  // newest first
  // Keeps the newest `keep` per key and nothing older than `before`; returns how many went.
  virtual int prune_events(int keep, TimePoint before) = 0;
};

// What one API process puts on record about the agents that are used through it.
struct Activity {
  std::string process;  // one start of one program: no other ever has it
  TimePoint now{};
  std::map<ResourceKey, TimePoint>
      held_until;  // open streams and running turns: at least until then
  // No turn holds these any more. A hold that is later than this time stays: it was recorded after this was decided,
  // whichever of the two arrives first.
  std::map<ResourceKey, TimePoint> let_go;
};

// What the API and the command line write: desired state only.
class DesiredStateWriter {
 public:
  virtual ~DesiredStateWriter() = default;
  // Each answers false when there is no such row.
  // a user is waiting: lastActiveAt = now
  virtual bool touch(const ResourceKey& key, TimePoint now) = 0;
  virtual bool set_desired_state(const ResourceKey& key, DesiredState state) = 0;
  virtual bool request_restart(const ResourceKey& key, TimePoint now) = 0;
  // Its next container is to have this gateway token (encrypted) instead of the one in force.
  virtual bool replace_token(const ResourceKey& key, const std::string& token) = 0;
  // Its volumes are to be on that node of a cluster; `without_state`: and empty there, where their own is away.
  virtual bool request_move(const ResourceKey& key, const std::string& node,
                            bool without_state) = 0;
  virtual bool request_deletion(const ResourceKey& key, bool purge, TimePoint now) = 0;
  // For each agent named: busyUntil becomes the latest hold of any process, or `now` when none is left; lastActiveAt
  // the later of what it is and `now`. A process moves and takes back holds of its own only, and what stands in
  // busyUntil beyond all holds is another's word, which stays as well.
  virtual void record_activity(const Activity& activity) = 0;
  virtual void put_setting(const std::string& key, const std::string& value) = 0;
};

// The lease that makes one controller the leader.
struct LeaseView {
  Term term = 0;
  std::string holder;  // "host:pid:boot-id:start-time"; empty: free
  std::optional<TimePoint> expires_at;
  std::optional<TimePoint> since;     // when this term began
  std::vector<std::string> standbys;  // who asked for it in the last half minute in vain
};

class LeaseStore {
 public:
  virtual ~LeaseStore() = default;
  // Takes the lease when it is free, expired (by the database's clock), held by `holder` already,
  // or held by `replaces` (a holder known to be dead); the term grows unless it was already ours.
  // Nothing otherwise, and who asked is counted among the standbys.
  virtual std::optional<Term> acquire_lease(const std::string& holder, Duration time_to_live,
                                            const std::string& replaces) = 0;
  virtual bool renew_lease(const std::string& holder, Term term, Duration time_to_live) = 0;
  virtual void release_lease(const std::string& holder, Term term) = 0;
  virtual LeaseView lease() = 0;
};

class Store : public AgentReader,
              public ChangeFeed,
              public StatusWriter,
              public EventLog,
              public DesiredStateWriter,
              public LeaseStore {
 public:
  // The database's own id, lowercase hex, made with its first migration: the instance label of
  // every engine object.
  virtual std::string instance_id() = 0;
};

enum class ChangeUrgency : std::uint8_t {
  waiting_user,  // somebody waits for this agent to wake
  spec_change,
};

// Told, from the listener's own thread, that rows may have changed. A hint: it may be late, lost or
// repeated.
class ChangeListener {
 public:
  virtual ~ChangeListener() = default;
  virtual void on_row_changed(const ResourceKey& key, ChangeUrgency urgency) = 0;
  virtual void on_settings_changed() = 0;
  virtual void on_relist_needed() = 0;
};

}  // namespace mosaic
