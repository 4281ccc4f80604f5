#include "controller/controller.hpp"

#include <exception>

namespace mosaic {

Controller::Controller(const Clock& clock, WorkQueue& queue, const Leadership& leadership,
                       std::map<ResourceKind, Reconciler*> reconcilers,
                       ControllerObserver& observer)
    : clock_(clock),
      queue_(queue),
      leadership_(leadership),
      reconcilers_(std::move(reconcilers)),
      observer_(observer) {}

Controller::~Controller() { stop(Duration::zero()); }

void Controller::start(int workers) {
  for (int i = 0; i < workers; ++i) workers_.emplace_back([this] { run_worker(); });
}

bool Controller::stop(Duration limit) {
  queue_.shut_down();
  const bool in_time = queue_.drain(limit);
  for (auto& worker : workers_) worker.join();
  workers_.clear();
  return in_time;
}

void Controller::run_worker() {
  while (const auto item = queue_.pop()) process(*item);
}

bool Controller::process_next() {
  const auto item = queue_.try_pop();
  if (!item) return false;
  process(*item);
  return true;
}

void Controller::process(const WorkQueue::Item& item) {
  const SteadyTime begun = clock_.steady_now();
  observer_.on_reconcile_begin(item.key);
  std::string error;
  const ReconcileResult result = settle(item, error);
  observer_.on_reconcile_end(item.key, result, clock_.steady_now() - begun, error);
  queue_.done(item.key);
}

ReconcileResult Controller::settle(const WorkQueue::Item& item, std::string& error) {
  // Without the lease nothing may be done; whoever leads next lists everything anew.
  if (!leadership_.term()) {
    queue_.forget(item.key);
    return ReconcileResult::not_leader;
  }
  const auto reconciler = reconcilers_.find(item.key.kind);
  if (reconciler == reconcilers_.end()) {
    error = "no reconciler for this kind";
    return ReconcileResult::terminal_error;
  }
  try {
    const Outcome outcome = reconciler->second->reconcile(item.key);
    queue_.forget(item.key);
    if (!outcome.requeue_after) {
      queue_.cancel_timer(item.key);
      return ReconcileResult::success;
    }
    queue_.add_after(item.key, *outcome.requeue_after, outcome.requeue_priority);
    return ReconcileResult::requeue_after;
  } catch (const TerminalError& terminal) {
    queue_.forget(item.key);
    queue_.cancel_timer(item.key);
    error = terminal.what();
    return ReconcileResult::terminal_error;
  } catch (const LeadershipLost&) {
    queue_.forget(item.key);
    return ReconcileResult::not_leader;
  } catch (const std::exception& failure) {
    error = failure.what();
  } catch (...) {
    error = "an exception of unknown type";
  }
  queue_.add_rate_limited(item.key, item.priority);
  return ReconcileResult::error;
}

}  // namespace mosaic
