// A HealthMonitor whose verdicts a test sets, and which records what it was asked to watch.
//
// Thread-safety: every method may be called from any thread. The listener is called on the thread that changes a
// verdict, outside of the lock. A new target of a key (another container, a restarted process) begins at `starting`,
// as with the real monitor; verdicts set before a key is watched are applied as soon as it is.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "controller/health_monitor.hpp"
#include "model/clock.hpp"

namespace mosaic {

class FakeHealthMonitor final : public HealthMonitor {
 public:
  explicit FakeHealthMonitor(const Clock& clock, HealthListener* listener = nullptr);

  void watch(const ResourceKey& key, const ProbeTarget& target) override;
  void forget(const ResourceKey& key) override;
  HealthView view(const ResourceKey& key, const ProbeTarget& target) override;

  // For wiring up after construction.
  void set_listener(HealthListener* listener);

  void set_ready(const ResourceKey& key);
  void set_failing(const ResourceKey& key, const std::string& error = "no answer within 10 s");
  void set_starting(const ResourceKey& key, const std::string& error = "connection refused");
  // Whatever is watched from now on is ready at once: for tests that are not about health.
  void set_always_ready(bool always_ready);

  struct WatchCall {
    ResourceKey key;
    ProbeTarget target;
  };
  std::vector<WatchCall> watch_calls() const;     // in order, repeated ones included
  std::vector<ResourceKey> forget_calls() const;  // in order
  std::optional<ProbeTarget> watched(const ResourceKey& key) const;
  std::size_t watched_count() const;

 private:
  struct Entry {
    ProbeTarget target;
    HealthView view;
  };

  // Applies `verdict` now, or as soon as the key is watched.
  void set(const ResourceKey& key, Health health, const std::string& error);
  // True when the entry's health changed. The lock is held.
  bool apply(Entry& entry, Health health, const std::string& error) const;
  void announce(const ResourceKey& key);

  const Clock& clock_;
  mutable std::mutex mutex_;
  HealthListener* listener_;
  bool always_ready_ = false;
  std::map<ResourceKey, Entry> entries_;
  std::map<ResourceKey, std::pair<Health, std::string>> pending_;
  std::vector<WatchCall> watch_calls_;
  std::vector<ResourceKey> forget_calls_;
};

}  // namespace mosaic
