#include "runtime/probe/http_health_monitor.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

namespace mosaic {

namespace {

// The same key has the same place in the round after every restart: no burst of probes, and reproducible tests.
double spread_of(const ResourceKey& key) {
  const auto mixed = (std::hash<ResourceKey>{}(key)*0x9E3779B97F4A7C15ull) >> 40;
  return static_cast<double>(mixed) / static_cast<double>(1ull << 24);
}

[[noreturn]] void throw_errno(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

}  // namespace

HttpHealthMonitor::HttpHealthMonitor(const Clock& clock, HealthListener& listener,
                                     ProbeSettings settings)
    : clock_(clock), listener_(listener), settings_(settings) {
  epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  if (epoll_ < 0) throw_errno("epoll");
  wake_event_ = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  epoll_event interest{};
  interest.events = EPOLLIN;
  interest.data.u64 = 0;
  if (wake_event_ < 0 || ::epoll_ctl(epoll_, EPOLL_CTL_ADD, wake_event_, &interest) != 0) {
    const int error = errno;
    if (wake_event_ >= 0) ::close(wake_event_);
    ::close(epoll_);
    throw std::system_error(error, std::generic_category(), "eventfd");
  }
  thread_ = std::thread([this] { run(); });
}

HttpHealthMonitor::~HttpHealthMonitor() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_up();
  thread_.join();
  watches_.clear();
  ::close(wake_event_);
  ::close(epoll_);
}

void HttpHealthMonitor::watch(const ResourceKey& key, const ProbeTarget& target) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto known = ids_.find(key); known != ids_.end()) {
      if (watches_.at(known->second).target == target) return;
      remove(known->second);
    }
    const auto now = clock_.steady_now();
    const auto id = next_id_++;
    const auto added = watches_.try_emplace(id, Watch{key,
                                                      target,
                                                      clock_.now(),
                                                      ProbeSchedule(settings_, spread_of(key), now),
                                                      nullptr,
                                                      false,
                                                      {},
                                                      {},
                                                      false});
    ids_[key] = id;
    set_timer(id, added.first->second, now);
  }
  wake_up();
}

void HttpHealthMonitor::forget(const ResourceKey& key) {
  const std::lock_guard lock(mutex_);
  if (const auto known = ids_.find(key); known != ids_.end()) remove(known->second);
}

HealthView HttpHealthMonitor::view(const ResourceKey& key, const ProbeTarget& target) {
  const std::lock_guard lock(mutex_);
  const auto known = ids_.find(key);
  if (known == ids_.end()) return {};
  const auto& watch = watches_.at(known->second);
  if (watch.target != target) return {};
  HealthView view = watch.schedule.view();
  view.watched_since = watch.since;
  return view;
}

void HttpHealthMonitor::run() {
  std::array<epoll_event, 64> events;
  std::vector<ResourceKey> announcements;
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    run_due_timers();
    start_waiting_probes();
    announcements.clear();
    announcements.swap(changed_);
    // A probe may have ended at once (refused): announce before waiting.
    const auto wait = announcements.empty() ? time_to_next_timer() : std::chrono::nanoseconds(0);
    lock.unlock();
    for (const auto& key : announcements) listener_.on_health_changed(key);
    const timespec limit{static_cast<time_t>(wait.count() / 1'000'000'000),
                         wait.count() % 1'000'000'000};
    const int count = ::epoll_pwait2(epoll_, events.data(), static_cast<int>(events.size()),
                                     wait.count() < 0 ? nullptr : &limit, nullptr);
    if (count < 0 && errno != EINTR) throw_errno("epoll_pwait2");
    lock.lock();
    for (int index = 0; index < count; ++index) {
      const auto id = events[static_cast<std::size_t>(index)].data.u64;
      if (id == 0) {
        std::uint64_t ignored = 0;
        // Only there to be drained; an empty event has been drained already.
        static_cast<void>(!::read(wake_event_, &ignored, sizeof ignored));
      } else if (const auto found = watches_.find(id);
                 found != watches_.end() && found->second.probe) {
        advance_probe(id, found->second);
      }
    }
  }
}

void HttpHealthMonitor::remove(WatchId id) {
  const auto found = watches_.find(id);
  clear_timer(id, found->second);
  drop_probe(found->second);
  ids_.erase(found->second.key);
  watches_.erase(found);  // a waiting queue that still names the id skips it
}

void HttpHealthMonitor::set_timer(WatchId id, Watch& watch, SteadyTime due) {
  clear_timer(id, watch);
  watch.due = due;
  watch.has_timer = true;
  timers_.emplace(due, id);
}

void HttpHealthMonitor::clear_timer(WatchId id, Watch& watch) {
  if (watch.has_timer) timers_.erase({watch.due, id});
  watch.has_timer = false;
}

void HttpHealthMonitor::run_due_timers() {
  const auto now = clock_.steady_now();
  while (!timers_.empty() && timers_.begin()->first <= now) {
    const auto id = timers_.begin()->second;
    auto& watch = watches_.at(id);
    clear_timer(id, watch);
    if (watch.probe) {
      // The answer may have come while this thread was away.
      advance_probe(id, watch);
      if (!watch.probe) continue;
      finish_probe(
          id, watch,
          {ProbeOutcome::Verdict::failed, watch.probe->timeout_error(watch.probe_timeout.count())});
    } else {
      (watch.schedule.is_startup() ? waiting_startup_ : waiting_liveness_).push_back(id);
    }
  }
}

void HttpHealthMonitor::start_waiting_probes() {
  while (!waiting_startup_.empty() && open_probes_ < settings_.concurrent_probes)
    start_next(waiting_startup_);
  while (!waiting_liveness_.empty() && open_probes_ < settings_.concurrent_probes &&
         open_liveness_probes_ < settings_.concurrent_liveness_probes) {
    start_next(waiting_liveness_);
  }
}

void HttpHealthMonitor::start_next(std::deque<WatchId>& waiting) {
  const auto id = waiting.front();
  waiting.pop_front();
  if (const auto found = watches_.find(id); found != watches_.end()) start_probe(id, found->second);
}

void HttpHealthMonitor::start_probe(WatchId id, Watch& watch) {
  watch.probe = std::make_unique<HttpProbe>(watch.target.endpoint);
  watch.probe_is_startup = watch.schedule.is_startup();
  watch.probe_timeout = watch.schedule.timeout();
  ++open_probes_;
  if (!watch.probe_is_startup) ++open_liveness_probes_;
  set_timer(id, watch, clock_.steady_now() + watch.probe_timeout);
  if (watch.probe->socket() >= 0 && !listen_to_socket(EPOLL_CTL_ADD, id, watch)) {
    finish_probe(id, watch, {ProbeOutcome::Verdict::inconclusive, "epoll refuses another socket"});
    return;
  }
  advance_probe(id, watch);
}

void HttpHealthMonitor::advance_probe(WatchId id, Watch& watch) {
  const bool wanted_write = watch.probe->wants_write();
  if (const auto outcome = watch.probe->advance()) {
    finish_probe(id, watch, *outcome);
  } else if (watch.probe->wants_write() != wanted_write) {
    // A change of interest needs no memory; should it fail, the deadline ends the probe.
    static_cast<void>(listen_to_socket(EPOLL_CTL_MOD, id, watch));
  }
}

void HttpHealthMonitor::finish_probe(WatchId id, Watch& watch, const ProbeOutcome& outcome) {
  drop_probe(watch);
  const auto now = clock_.steady_now();
  bool changed = false;
  switch (outcome.verdict) {
    case ProbeOutcome::Verdict::ready:
      changed = watch.schedule.succeeded(now, clock_.now());
      break;
    case ProbeOutcome::Verdict::failed:
      changed = watch.schedule.failed(now, outcome.error);
      break;
    case ProbeOutcome::Verdict::inconclusive:
      watch.schedule.postponed(now);
      break;
  }
  if (changed) changed_.push_back(watch.key);
  set_timer(id, watch, watch.schedule.next_probe());
}

void HttpHealthMonitor::drop_probe(Watch& watch) {
  if (!watch.probe) return;
  watch.probe.reset();  // closing the socket also takes it out of the epoll set
  --open_probes_;
  if (!watch.probe_is_startup) --open_liveness_probes_;
}

bool HttpHealthMonitor::listen_to_socket(int operation, WatchId id, const Watch& watch) {
  epoll_event interest{};
  interest.events = watch.probe->wants_write() ? EPOLLOUT : EPOLLIN;
  interest.data.u64 = id;
  return ::epoll_ctl(epoll_, operation, watch.probe->socket(), &interest) == 0;
}

std::chrono::nanoseconds HttpHealthMonitor::time_to_next_timer() const {
  if (timers_.empty()) return std::chrono::nanoseconds(-1);
  return std::max(std::chrono::nanoseconds(0),
                  std::chrono::nanoseconds(timers_.begin()->first - clock_.steady_now()));
}

void HttpHealthMonitor::wake_up() {
  const std::uint64_t one = 1;
  // A full counter means that the thread has been told already.
  static_cast<void>(!::write(wake_event_, &one, sizeof one));
}

}  // namespace mosaic
