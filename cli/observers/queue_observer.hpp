// The work queue's life as client-go's metrics. Called under the queue's lock, so it only counts.
//
// Thread-safe. The Metrics must outlive it.
#pragma once

#include "controller/work_queue.hpp"
#include "telemetry/metrics.hpp"

namespace mosaic::cli {

class QueueObserver final : public WorkQueueObserver {
 public:
  explicit QueueObserver(const WorkQueueMetrics& metrics) : metrics_(metrics) {}

  void on_depth(Priority priority, std::size_t depth) override {
    metrics_.depth.at(static_cast<std::size_t>(priority))->Set(static_cast<double>(depth));
  }
  void on_add() override { metrics_.adds.Increment(); }
  void on_retry() override { metrics_.retries.Increment(); }
  void on_get(std::chrono::nanoseconds queued_for) override {
    metrics_.queue_seconds.Observe(in_seconds(queued_for));
  }
  void on_done(std::chrono::nanoseconds worked_for) override {
    metrics_.work_seconds.Observe(in_seconds(worked_for));
  }

 private:
  WorkQueueMetrics metrics_;
};

}  // namespace mosaic::cli
