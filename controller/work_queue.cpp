#include "controller/work_queue.hpp"

#include <algorithm>
#include <cmath>

namespace mosaic {

std::string_view to_string(Priority priority) {
  switch (priority) {
    case Priority::waiting_user:
      return "waiting_user";
    case Priority::spec_change:
      return "spec_change";
    case Priority::crash:
      return "crash";
    case Priority::resync:
      return "resync";
  }
  return "unknown";
}

WorkQueue::WorkQueue(const Clock& clock, WorkQueueSettings settings, WorkQueueObserver* observer)
    : clock_(clock), settings_(settings), observer_(observer), random_(settings.seed) {}

bool WorkQueue::add(const ResourceKey& key, Priority priority) {
  const std::lock_guard lock(mutex_);
  return add_locked(key, priority);
}

bool WorkQueue::add_locked(const ResourceKey& key, Priority priority) {
  if (shut_down_) return false;
  auto found = entries_.find(key);
  if (found == entries_.end()) {
    if (entries_.size() >= settings_.capacity) return false;
    found = entries_.emplace(key, Entry{}).first;
  }
  Entry& entry = found->second;
  if (entry.queued && entry.priority <= priority) return true;
  if (entry.queued) {
    --depths_[static_cast<std::size_t>(entry.priority)];
    if (!entry.processing) report_depth_locked(entry.priority);
  } else {
    entry.queued_at = clock_.steady_now();
    if (observer_ != nullptr) observer_->on_add();
  }
  entry.queued = true;
  entry.priority = priority;
  ++depths_[static_cast<std::size_t>(priority)];
  report_depth_locked(priority);
  // A key in process keeps only the mark; done() gives it a place.
  if (!entry.processing) {
    entry.ticket = next_ticket_++;
    lanes_[static_cast<std::size_t>(priority)].push_back(Place{key, entry.ticket});
    changed_.notify_one();
  }
  return true;
}

void WorkQueue::add_after(const ResourceKey& key, Duration delay, Priority priority) {
  const std::lock_guard lock(mutex_);
  set_timer_locked(key, delay, priority);
}

void WorkQueue::set_timer_locked(const ResourceKey& key, Duration delay, Priority priority) {
  if (shut_down_) return;
  if (delay <= Duration::zero()) {
    timers_.erase(key);
    add_locked(key, priority);
    return;
  }
  const TimerState state{next_ticket_++, clock_.steady_now() + delay, priority};
  timers_[key] = state;
  timer_heap_.push(Timer{state.due, state.ticket, key});
  changed_.notify_one();
}

void WorkQueue::cancel_timer(const ResourceKey& key) {
  const std::lock_guard lock(mutex_);
  timers_.erase(key);
}

void WorkQueue::add_rate_limited(const ResourceKey& key, Priority priority) {
  const std::lock_guard lock(mutex_);
  const int failures = failures_[key]++;
  const double doubled =
      static_cast<double>(settings_.backoff_base.count()) * std::pow(2.0, std::min(failures, 40));
  const double bounded = std::min(doubled, static_cast<double>(settings_.backoff_cap.count()));
  const double stretch =
      1.0 + settings_.jitter * std::uniform_real_distribution<double>(0.0, 1.0)(random_);
  set_timer_locked(key, Duration(static_cast<std::int64_t>(bounded * stretch)), priority);
  if (observer_ != nullptr) observer_->on_retry();
}

void WorkQueue::forget(const ResourceKey& key) {
  const std::lock_guard lock(mutex_);
  failures_.erase(key);
}

void WorkQueue::fire_due_timers_locked() {
  const SteadyTime now = clock_.steady_now();
  while (!timer_heap_.empty()) {
    const Timer& first = timer_heap_.top();
    const auto state = timers_.find(first.key);
    const bool current = state != timers_.end() && state->second.ticket == first.ticket;
    if (current && first.due > now) return;
    if (current) {
      const ResourceKey key = first.key;
      const Priority priority = state->second.priority;
      timers_.erase(state);
      timer_heap_.pop();
      add_locked(key, priority);
    } else {
      timer_heap_.pop();
    }
  }
}

std::optional<WorkQueue::Item> WorkQueue::take_locked() {
  for (std::size_t lane = 0; lane < priority_count; ++lane) {
    auto& places = lanes_[lane];
    while (!places.empty()) {
      Place place = std::move(places.front());
      places.pop_front();
      const auto found = entries_.find(place.key);
      if (found == entries_.end() || !found->second.queued || found->second.ticket != place.ticket)
        continue;
      Entry& entry = found->second;
      entry.queued = false;
      entry.processing = true;
      entry.taken_at = clock_.steady_now();
      ++processing_;
      --depths_[lane];
      report_depth_locked(entry.priority);
      if (observer_ != nullptr) observer_->on_get(entry.taken_at - entry.queued_at);
      return Item{std::move(place.key), entry.priority};
    }
  }
  return std::nullopt;
}

std::optional<WorkQueue::Item> WorkQueue::try_pop() {
  const std::lock_guard lock(mutex_);
  if (shut_down_) return std::nullopt;
  fire_due_timers_locked();
  return take_locked();
}

std::optional<WorkQueue::Item> WorkQueue::pop() {
  std::unique_lock lock(mutex_);
  while (!shut_down_) {
    fire_due_timers_locked();
    if (auto item = take_locked()) return item;
    if (timer_heap_.empty()) {
      changed_.wait(lock);
    } else {
      changed_.wait_for(lock, timer_heap_.top().due - clock_.steady_now());
    }
  }
  return std::nullopt;
}

void WorkQueue::done(const ResourceKey& key) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(key);
  if (found == entries_.end() || !found->second.processing) return;
  Entry& entry = found->second;
  entry.processing = false;
  --processing_;
  if (observer_ != nullptr) observer_->on_done(clock_.steady_now() - entry.taken_at);
  if (entry.queued) {
    entry.ticket = next_ticket_++;
    lanes_[static_cast<std::size_t>(entry.priority)].push_back(Place{key, entry.ticket});
    changed_.notify_one();
  } else {
    entries_.erase(found);
  }
  if (processing_ == 0) changed_.notify_all();
}

void WorkQueue::shut_down() {
  const std::lock_guard lock(mutex_);
  shut_down_ = true;
  changed_.notify_all();
}

bool WorkQueue::drain(Duration limit) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, limit, [this] { return processing_ == 0; });
}

void WorkQueue::report_depth_locked(Priority priority) {
  if (observer_ != nullptr)
    observer_->on_depth(priority, depths_[static_cast<std::size_t>(priority)]);
}

std::size_t WorkQueue::depth() const {
  const std::lock_guard lock(mutex_);
  std::size_t sum = 0;
  for (const auto depth : depths_) sum += depth;
  return sum;
}

std::size_t WorkQueue::timers() const {
  const std::lock_guard lock(mutex_);
  return timers_.size();
}

std::size_t WorkQueue::processing() const {
  const std::lock_guard lock(mutex_);
  return processing_;
}

int WorkQueue::failures(const ResourceKey& key) const {
  const std::lock_guard lock(mutex_);
  const auto found = failures_.find(key);
  return found == failures_.end() ? 0 : found->second;
}

std::optional<SteadyTime> WorkQueue::next_timer() const {
  const std::lock_guard lock(mutex_);
  std::optional<SteadyTime> earliest;
  for (const auto& [key, state] : timers_) {
    if (!earliest || state.due < *earliest) earliest = state.due;
  }
  return earliest;
}

std::pair<std::chrono::nanoseconds, std::chrono::nanoseconds> WorkQueue::unfinished_work() const {
  const std::lock_guard lock(mutex_);
  const SteadyTime now = clock_.steady_now();
  std::chrono::nanoseconds longest{0};
  std::chrono::nanoseconds sum{0};
  for (const auto& [key, entry] : entries_) {
    if (!entry.processing) continue;
    const std::chrono::nanoseconds worked = now - entry.taken_at;
    longest = std::max(longest, worked);
    sum += worked;
  }
  return {longest, sum};
}

}  // namespace mosaic
