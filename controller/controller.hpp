// The worker loop: takes keys from the queue, calls the kind's reconciler, and turns the outcome
// into forget, back-off or requeue. This is the one place that makes that decision, and the one
// place that catches what reconcilers throw.
//
// Thread-safety: start() and stop() from one thread; process_next() from any. Knows no kind.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "controller/leadership.hpp"
#include "controller/reconciler.hpp"
#include "controller/work_queue.hpp"
#include "model/clock.hpp"

namespace mosaic {

enum class ReconcileResult : std::uint8_t {
  success,
  error,
  requeue,
  requeue_after,
  terminal_error,
  not_leader
};

// Told of every reconcile, from the worker that did it.
class ControllerObserver {
 public:
  virtual ~ControllerObserver() = default;
  virtual void on_reconcile_begin(const ResourceKey& key) = 0;
  // `error` is empty unless the result is error or terminal_error; `retry_in` as decided.
  virtual void on_reconcile_end(const ResourceKey& key, ReconcileResult result,
                                std::chrono::nanoseconds took, std::string_view error) = 0;
};

class Controller {
 public:
  // The references must outlive the controller. `reconcilers` has one entry per kind that the queue
  // may carry.
  Controller(const Clock& clock, WorkQueue& queue, const Leadership& leadership,
             std::map<ResourceKind, Reconciler*> reconcilers, ControllerObserver& observer);
  ~Controller();
  Controller(const Controller&) = delete;
  Controller& operator=(const Controller&) = delete;

  void start(int workers);
  // Takes no more keys, waits at most `limit` for those in process, and joins. True when all had
  // ended in time; otherwise joins as soon as their calls' own deadlines let them.
  bool stop(Duration limit);

  // Processes one due key without waiting; false when there was none. For tests and simulation.
  bool process_next();

 private:
  void run_worker();
  void process(const WorkQueue::Item& item);
  ReconcileResult settle(const WorkQueue::Item& item, std::string& error);

  const Clock& clock_;
  WorkQueue& queue_;
  const Leadership& leadership_;
  const std::map<ResourceKind, Reconciler*> reconcilers_;
  ControllerObserver& observer_;
  std::vector<std::thread> workers_;
};

}  // namespace mosaic
