// HealthMonitor over HTTP: one thread, non-blocking sockets, timers. A watched key costs its timer and, while it is
// being probed, one socket; at most ProbeSettings::concurrent_probes sockets are open, further probes wait their turn.
//
// Thread-safety: every method may be called from any thread. The listener is called from the monitor's own thread,
// without a lock held, and may call the monitor; it must outlive the monitor. A notice may still arrive just after
// forget(): it is a hint, and view() tells the truth.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "controller/health_monitor.hpp"
#include "model/clock.hpp"
#include "runtime/probe/http_probe.hpp"
#include "runtime/probe/probe_schedule.hpp"

namespace mosaic {

class HttpHealthMonitor final : public HealthMonitor {
 public:
  HttpHealthMonitor(const Clock& clock, HealthListener& listener, ProbeSettings settings = {});
  ~HttpHealthMonitor() override;
  HttpHealthMonitor(const HttpHealthMonitor&) = delete;
  HttpHealthMonitor& operator=(const HttpHealthMonitor&) = delete;

  void watch(const ResourceKey& key, const ProbeTarget& target) override;
  void forget(const ResourceKey& key) override;
  HealthView view(const ResourceKey& key, const ProbeTarget& target) override;

 private:
  // One watched process. While `probe` is set, `due` is the probe's deadline; else the time of the next probe, or
  // the watch is in a waiting queue and has no timer.
  struct Watch {
    ResourceKey key;
    ProbeTarget target;
    TimePoint since{};
    ProbeSchedule schedule;
    std::unique_ptr<HttpProbe> probe;
    bool probe_is_startup = false;
    Duration probe_timeout{};
    SteadyTime due{};
    bool has_timer = false;
  };
  using WatchId = std::uint64_t;
  using Watches = std::unordered_map<WatchId, Watch>;

  void run();
  // All below: the lock is held.
  void remove(WatchId id);
  void set_timer(WatchId id, Watch& watch, SteadyTime due);
  void clear_timer(WatchId id, Watch& watch);
  void run_due_timers();
  void start_waiting_probes();
  void start_next(std::deque<WatchId>& waiting);
  void start_probe(WatchId id, Watch& watch);
  void advance_probe(WatchId id, Watch& watch);
  void finish_probe(WatchId id, Watch& watch, const ProbeOutcome& outcome);
  void drop_probe(Watch& watch);
  bool listen_to_socket(int operation, WatchId id, const Watch& watch);
  std::chrono::nanoseconds time_to_next_timer() const;

  void wake_up();

  const Clock& clock_;
  HealthListener& listener_;
  const ProbeSettings settings_;
  int epoll_ = -1;
  int wake_event_ = -1;

  std::mutex mutex_;
  bool stopping_ = false;
  WatchId next_id_ = 1;  // 0 is the wake event
  Watches watches_;
  std::unordered_map<ResourceKey, WatchId> ids_;
  std::set<std::pair<SteadyTime, WatchId>> timers_;
  std::deque<WatchId> waiting_startup_;
  std::deque<WatchId> waiting_liveness_;
  int open_probes_ = 0;
  int open_liveness_probes_ = 0;
  std::vector<ResourceKey> changed_;  // to be announced once the lock is released
  std::thread thread_;
};

}  // namespace mosaic
