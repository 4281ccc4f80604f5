#include "runtime/swarm/swarm_watcher.hpp"

#include <pthread.h>

namespace mosaic {

SwarmWatcher::SwarmWatcher(SwarmObjects& objects, const Clock& clock, Duration poll,
                           EngineListener& listener)
    : objects_(objects), clock_(clock), poll_(poll), listener_(listener), thread_([this] {
        run();
      }) {
  ::pthread_setname_np(thread_.native_handle(), "mosaic-swarm");
}

SwarmWatcher::~SwarmWatcher() {
  interrupt_.raise();
  thread_.join();
}

void SwarmWatcher::run() {
  do {
    look();
  } while (!interrupt_.wait_for(poll_));
}

void SwarmWatcher::look() {
  Picture now;
  try {
    now = picture();
  } catch (const EngineError&) {
    // A manager that cannot be looked at is not reachable: that is what the listener hears. Why it is so, the calls of
    // the reconcilers tell in words.
    seen_.reset();
    note_look(std::nullopt);
    tell_reachable(false);
    return;
  }
  note_look(clock_.now());
  tell_reachable(true);
  if (!seen_) {
    seen_ = std::move(now);
    listener_.on_events_missed();
    return;
  }
  for (const auto& [key, text] : now) {
    const auto before = seen_->find(key);
    if (before == seen_->end() || before->second != text) listener_.on_agent_changed(key);
  }
  for (const auto& [key, text] : *seen_) {
    if (!now.contains(key)) listener_.on_agent_changed(key);
  }
  seen_ = std::move(now);
}

SwarmWatcher::Picture SwarmWatcher::picture() {
  // Agents and their forwarders alike: a change of either is one of the agent.
  const std::vector<SwarmService> services = objects_.services_with({});
  const std::vector<SwarmTask> tasks = objects_.tasks_of_all();
  const std::vector<SwarmNode> nodes = objects_.nodes();
  Picture picture;
  for (const SwarmService& service : services) {
    if (!service.labels.key) continue;
    const ContainerView view = view_of(service, tasks, nodes, 0);
    const SwarmTask* task = newest_task(tasks, service.id);
    picture[*service.labels.key] += service.id + " " + std::to_string(service.version) + " " +
                                    std::to_string(static_cast<int>(view.state)) + " " +
                                    view.error + " " +
                                    (task == nullptr ? std::string() : task->id) + "\n";
  }
  return picture;
}

void SwarmWatcher::note_look(std::optional<TimePoint> at) {
  const std::lock_guard lock(look_mutex_);
  last_look_at_ = at;
}

std::optional<TimePoint> SwarmWatcher::last_look_at() const {
  const std::lock_guard lock(look_mutex_);
  return last_look_at_;
}

void SwarmWatcher::tell_reachable(bool reachable) {
  if (told_reachable_ == reachable) return;
  told_reachable_ = reachable;
  listener_.on_engine_reachable(reachable);
}

}  // namespace mosaic
