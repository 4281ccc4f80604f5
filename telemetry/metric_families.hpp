// The families behind Metrics; private to telemetry/. See metrics.hpp.
#pragma once

#include <prometheus/registry.h>

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "telemetry/metrics.hpp"

namespace mosaic {

using CounterFamily = prometheus::Family<prometheus::Counter>;
using GaugeFamily = prometheus::Family<prometheus::Gauge>;
using HistogramFamily = prometheus::Family<prometheus::Histogram>;

struct Metrics::Families {
  prometheus::Registry registry;

  CounterFamily& reconciles;
  CounterFamily& reconcile_errors;
  CounterFamily& terminal_errors;
  GaugeFamily& max_concurrent_reconciles;
  GaugeFamily& active_workers;
  HistogramFamily& reconcile_seconds;

  GaugeFamily& queue_depth;
  CounterFamily& queue_adds;
  CounterFamily& queue_retries;
  GaugeFamily& queue_unfinished_work;
  GaugeFamily& queue_longest_processor;
  HistogramFamily& queue_seconds;
  HistogramFamily& queue_work_seconds;

  GaugeFamily& leader;

  CounterFamily& engine_requests;
  HistogramFamily& engine_request_seconds;
  GaugeFamily& engine_breaker_state;

  GaugeFamily& containers;
  HistogramFamily& wake_seconds;
  HistogramFamily& container_start_seconds;
  CounterFamily& idle_stops;
  CounterFamily& config_rollouts;
  HistogramFamily& relist_seconds;
  GaugeFamily& last_event_age;
  CounterFamily& events_discarded;
  GaugeFamily& network_capacity;
  GaugeFamily& networks_taken;
  CounterFamily& drift_found;
  CounterFamily& stale_observations;
  CounterFamily& notify_reconnects;
  HistogramFamily& pool_wait_seconds;
  GaugeFamily& open_streams;
  CounterFamily& streamed_bytes;
  HistogramFamily& first_byte_seconds;
  CounterFamily& sign_ins;
  CounterFamily& egress_requests;
  GaugeFamily& egress_connections;
  CounterFamily& egress_bytes;
  CounterFamily& provider_calls;
  GaugeFamily& open_provider_calls;
  GaugeFamily& build_info;

  // Also held while refreshers run, so that one can be taken away safely.
  std::mutex refresh_mutex;
  std::vector<std::weak_ptr<Refresher::Registration>> refreshers;

  Families();
};

struct Metrics::Refresher::Registration {
  std::mutex mutex;
  std::function<void()> refresh;  // empty once withdrawn
};

}  // namespace mosaic
