// Looks at all services and tasks again and again on a thread of its own, and turns every difference into a hint: a
// manager's event stream says nothing of tasks, nor of what happens on other nodes.
//
// Thread-safety: construction starts, destruction stops and joins. The listener is called on the watcher's thread only,
// and no more once the destructor has returned.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <thread>

#include "http/wait_limit.hpp"
#include "runtime/runtime_driver.hpp"
#include "runtime/swarm/swarm_objects.hpp"

namespace mosaic {

class SwarmWatcher {
 public:
  SwarmWatcher(SwarmObjects& objects, const Clock& clock, Duration poll, EngineListener& listener);
  ~SwarmWatcher();
  SwarmWatcher(const SwarmWatcher&) = delete;
  SwarmWatcher& operator=(const SwarmWatcher&) = delete;

  // When the swarm last answered; nothing while it does not. From any thread.
  std::optional<TimePoint> last_look_at() const;

 private:
  using Picture =
      std::map<ResourceKey,
               std::string>;  // what there is to see of each agent, as a text to compare

  void run();
  void look();
  Picture picture();
  void note_look(std::optional<TimePoint> at);
  void tell_reachable(bool reachable);

  SwarmObjects& objects_;
  const Clock& clock_;
  const Duration poll_;
  EngineListener& listener_;
  Interrupt interrupt_;
  std::optional<Picture> seen_;
  mutable std::mutex look_mutex_;
  std::optional<TimePoint> last_look_at_;
  std::optional<bool> told_reachable_;
  std::thread thread_;
};

}  // namespace mosaic
