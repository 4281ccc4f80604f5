// The series of one controller, queue, engine and so on, looked up once and then used without a
// search.
//
// The handles refer into the Metrics that made them and live no longer than it. Every member may be
// used from any thread; counting costs an atomic addition, observing a duration a short lock.
// Durations are in seconds.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace mosaic {

template <typename Representation, typename Period>
double in_seconds(std::chrono::duration<Representation, Period> duration) {
  return std::chrono::duration<double>(duration).count();
}

// As controller-runtime counts: each reconcile has one result, and an error also counts as an
// error.
struct ControllerMetrics {
  prometheus::Counter& reconcile_success;
  prometheus::Counter& reconcile_error;
  prometheus::Counter& reconcile_requeue;
  prometheus::Counter& reconcile_requeue_after;
  prometheus::Counter& errors;
  prometheus::Counter& terminal_errors;
  prometheus::Gauge& max_concurrent_reconciles;
  prometheus::Gauge& active_workers;
  prometheus::Histogram& reconcile_seconds;
};

struct WorkQueueMetrics {
  std::vector<prometheus::Gauge*>
      depth;  // by priority, in the order in which the priorities were named
  prometheus::Counter& adds;
  prometheus::Counter& retries;
  prometheus::Gauge& unfinished_work_seconds;
  prometheus::Gauge& longest_running_processor_seconds;
  prometheus::Histogram& queue_seconds;
  prometheus::Histogram& work_seconds;
};

// Requests to one engine, under client-go's names.
class EngineMetrics {
 public:
  enum class Method : std::uint8_t { get, head, post, put, del };
  static constexpr std::size_t method_count = 5;

  // `status` is the HTTP status, or 0 when there was no answer (counted as "<error>").
  void record_request(Method method, int status, std::chrono::nanoseconds took) const;

  // 0 closed, 1 half open, 2 open.
  prometheus::Gauge& breaker_state;

 private:
  friend class Metrics;
  struct Known {
    int status;
    prometheus::Counter* count;
  };
  struct PerMethod {
    std::vector<Known> by_status;
    prometheus::Histogram* seconds = nullptr;
  };
  EngineMetrics(prometheus::Gauge& breaker, prometheus::Family<prometheus::Counter>& requests,
                std::string_view host)
      : breaker_state(breaker), requests_(requests), host_(host) {}

  prometheus::Family<prometheus::Counter>& requests_;
  std::string host_;
  std::array<PerMethod, method_count> methods_;
};

// How well the controller sees the engine and the rows.
struct ObservationMetrics {
  prometheus::Histogram& relist_seconds;
  prometheus::Gauge& last_event_age_seconds;  // set it from a Metrics::Refresher
  prometheus::Counter& events_discarded;
  prometheus::Counter& drift_found;
  prometheus::Counter& stale_observations_skipped;
  prometheus::Counter& notify_reconnects;
  prometheus::Gauge& network_capacity;  // both stay 0 where the engine does not say
  prometheus::Gauge& networks_taken;
};

struct DatabaseMetrics {
  prometheus::Histogram& pool_wait_seconds;
};

struct ChatMetrics {
  prometheus::Gauge& open_streams;
  prometheus::Counter& streamed_bytes;
  prometheus::Histogram& first_byte_seconds;
};

// Of the egress proxy.
struct EgressTraffic {
  prometheus::Gauge& open_connections;
  prometheus::Counter& sent_bytes;
  prometheus::Counter& received_bytes;
};

}  // namespace mosaic
