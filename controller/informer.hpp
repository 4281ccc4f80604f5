// Turns everything that may have changed (row hints, engine events, health transitions, complete
// listings) into keys on the queue. It never acts: an event only says where to look.
//
// Full resync: every row against a complete listing of the engine, when leadership begins, when
// hints may have been lost, and every `resync_every`. Relist: the engine's listing against the
// previous one, every `relist_every`, which costs nothing per sleeping row. Nothing is concluded
// from an answer that failed: without a complete listing there is no diff (S4).
//
// Thread-safety: the listener methods from any thread, quick and without I/O; run_pending() from
// one thread at a time (the informer's own, or a simulation's).
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <unordered_set>

#include "controller/health_monitor.hpp"
#include "controller/leadership.hpp"
#include "controller/work_queue.hpp"
#include "model/agent.hpp"
#include "model/observed.hpp"
#include "runtime/runtime_driver.hpp"
#include "store/store.hpp"

namespace mosaic {

// The name of the orphan that stands for all of ours that belongs to no row at all: what the calls
// of a controller that died left behind.
inline constexpr std::string_view leftovers_name = "leftovers";

struct InformerSettings {
  Duration relist_every = std::chrono::minutes(1);
  Duration resync_every = std::chrono::minutes(10);
  double resync_jitter = 0.2;
  Duration retry_after_failure = std::chrono::seconds(1);
  std::uint64_t seed = 1;
};

// What the resync found about one row, decided by the kind's planner.
struct Interest {
  bool reconcile = false;                 // something is to be done
  std::optional<Duration> look_again_in;  // otherwise: when time alone will make it so
};

// What the informer needs to know from the kinds, and what it tells them.
class InformerPolicy {
 public:
  virtual ~InformerPolicy() = default;
  // Called once before each resync or after settings changed, on the informer's thread.
  virtual void refresh() = 0;
  virtual Interest interest(const AgentRow& row, const ContainerView* container) = 0;
  // Containers of the complete listing that have a process, to know what memory is taken.
  virtual void on_listed(const std::vector<ListedContainer>& containers) = 0;
  // Keys that wait for an image of this name.
  virtual std::vector<ResourceKey> waiting_for_image(const std::string& image) = 0;
};

class InformerObserver {
 public:
  virtual ~InformerObserver() = default;
  virtual void on_relisted(std::chrono::nanoseconds took, std::size_t rows, std::size_t containers,
                           std::size_t drifted) = 0;
  virtual void on_relist_failed(const std::string& error) = 0;
  virtual void on_engine_reachable(bool reachable) = 0;
};

class Informer final : public ChangeListener, public EngineListener, public HealthListener {
 public:
  Informer(const Clock& clock, AgentReader& rows, RuntimeDriver& driver,
           const Leadership& leadership, WorkQueue& queue, InformerPolicy& policy,
           InformerObserver& observer, InformerSettings settings);
  ~Informer() override;

  void start();
  void stop();

  // Called by the elector when leadership began.
  void request_resync();

  // Does what is due and returns when to call again, unless something is requested before.
  Duration run_pending();
  // Somebody asked for what a leader does at once.
  bool is_requested();

  // ChangeListener
  void on_row_changed(const ResourceKey& key, ChangeUrgency urgency) override;
  void on_settings_changed() override;
  void on_relist_needed() override;
  // EngineListener
  void on_events_missed() override;
  void on_agent_changed(const ResourceKey& key) override;
  void on_image_changed(const std::string& image) override;
  void on_engine_reachable(bool reachable) override;
  // HealthListener
  void on_health_changed(const ResourceKey& key) override;

 private:
  struct Seen {
    std::string container_id;
    ContainerState state = ContainerState::created;
  };
  using Snapshot = std::unordered_map<ResourceKey, Seen>;

  void run();
  bool is_requested_locked() const;
  void resync();
  void relist();
  Snapshot take_snapshot(const std::vector<ListedContainer>& listed);
  void add_orphan(const ResourceKey& row_key);
  void add_leftovers();
  Duration jittered(Duration every);
  void wake();

  const Clock& clock_;
  AgentReader& rows_;
  RuntimeDriver& driver_;
  const Leadership& leadership_;
  WorkQueue& queue_;
  InformerPolicy& policy_;
  InformerObserver& observer_;
  const InformerSettings settings_;
  std::mt19937_64 random_;

  // Only touched by run_pending().
  Snapshot snapshot_;
  SteadyTime next_relist_{};
  SteadyTime next_resync_{};

  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  bool resync_requested_ = false;
  bool relist_requested_ = false;
  bool settings_changed_ = false;
  std::unordered_set<std::string> images_changed_;
  std::thread thread_;
};

}  // namespace mosaic
