// The series that dashboards for Kubernetes operators know.
#include "telemetry/metric_families.hpp"
#include "telemetry/metric_vocabulary.hpp"
#include "telemetry/metrics.hpp"

namespace mosaic {

ControllerMetrics Metrics::controller(std::string_view name) {
  const std::string controller(name);
  const auto result = [this, &controller](const char* word) -> prometheus::Counter& {
    return families_->reconciles.Add({{"controller", controller}, {"result", word}});
  };
  const prometheus::Labels labels{{"controller", controller}};
  return ControllerMetrics{
      .reconcile_success = result("success"),
      .reconcile_error = result("error"),
      .reconcile_requeue = result("requeue"),
      .reconcile_requeue_after = result("requeue_after"),
      .errors = families_->reconcile_errors.Add(labels),
      .terminal_errors = families_->terminal_errors.Add(labels),
      .max_concurrent_reconciles = families_->max_concurrent_reconciles.Add(labels),
      .active_workers = families_->active_workers.Add(labels),
      .reconcile_seconds =
          families_->reconcile_seconds.Add(labels, metric_vocabulary::reconcile_buckets()),
  };
}

WorkQueueMetrics Metrics::work_queue(std::string_view name,
                                     std::span<const std::string_view> priorities) {
  // In controller-runtime a queue carries its controller's name in both labels.
  const prometheus::Labels labels{{"name", std::string(name)}, {"controller", std::string(name)}};
  std::vector<prometheus::Gauge*> depth;
  for (const std::string_view priority : priorities) {
    prometheus::Labels with_priority = labels;
    with_priority.emplace("priority", priority);
    depth.push_back(&families_->queue_depth.Add(with_priority));
  }
  const auto buckets = metric_vocabulary::work_queue_buckets();
  return WorkQueueMetrics{
      .depth = std::move(depth),
      .adds = families_->queue_adds.Add(labels),
      .retries = families_->queue_retries.Add(labels),
      .unfinished_work_seconds = families_->queue_unfinished_work.Add(labels),
      .longest_running_processor_seconds = families_->queue_longest_processor.Add(labels),
      .queue_seconds = families_->queue_seconds.Add(labels, buckets),
      .work_seconds = families_->queue_work_seconds.Add(labels, buckets),
  };
}

WorkQueueMetrics Metrics::work_queue(std::string_view name) {
  return work_queue(name, metric_vocabulary::priorities);
}

prometheus::Gauge& Metrics::leader(std::string_view lease_name) {
  return families_->leader.Add({{"name", std::string(lease_name)}});
}

}  // namespace mosaic
