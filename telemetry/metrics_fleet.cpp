// The series of our own.
#include "telemetry/metric_families.hpp"
#include "telemetry/metric_vocabulary.hpp"
#include "telemetry/metrics.hpp"

namespace mosaic {

namespace vocabulary = metric_vocabulary;
using vocabulary::known_or_other;

void Metrics::create_fleet_series() {
  for (const std::string_view kind : vocabulary::kinds) {
    for (const std::string_view status : vocabulary::statuses) containers(kind, status);
    for (const std::string_view start : vocabulary::starts) wake_seconds(kind, start);
    container_start_seconds(kind);
  }
  for (const std::string_view reason : vocabulary::idle_stop_reasons) idle_stops(reason);
  for (const std::string_view result : vocabulary::sign_in_results) sign_ins(result);
  for (const std::string_view result : vocabulary::egress_results) egress_requests(result);
  egress_traffic();
  for (const std::string_view result : vocabulary::provider_results) provider_calls(result);
  open_provider_calls();
  config_rollouts();
  observation();
  database();
  chat();
}

ObservationMetrics Metrics::observation() {
  return ObservationMetrics{
      .relist_seconds = families_->relist_seconds.Add({}, vocabulary::short_wait_buckets()),
      .last_event_age_seconds = families_->last_event_age.Add({}),
      .events_discarded = families_->events_discarded.Add({}),
      .drift_found = families_->drift_found.Add({}),
      .stale_observations_skipped = families_->stale_observations.Add({}),
      .notify_reconnects = families_->notify_reconnects.Add({}),
      .network_capacity = families_->network_capacity.Add({}),
      .networks_taken = families_->networks_taken.Add({}),
  };
}

DatabaseMetrics Metrics::database() {
  return DatabaseMetrics{
      .pool_wait_seconds = families_->pool_wait_seconds.Add({}, vocabulary::short_wait_buckets())};
}

ChatMetrics Metrics::chat() {
  return ChatMetrics{
      .open_streams = families_->open_streams.Add({}),
      .streamed_bytes = families_->streamed_bytes.Add({}),
      .first_byte_seconds = families_->first_byte_seconds.Add({}, vocabulary::first_byte_buckets()),
  };
}

prometheus::Gauge& Metrics::containers(std::string_view kind, std::string_view status) {
  return families_->containers.Add({{"kind", known_or_other(vocabulary::kinds, kind)},
                                    {"status", known_or_other(vocabulary::statuses, status)}});
}

prometheus::Histogram& Metrics::wake_seconds(std::string_view kind, std::string_view start) {
  return families_->wake_seconds.Add({{"kind", known_or_other(vocabulary::kinds, kind)},
                                      {"start", known_or_other(vocabulary::starts, start)}},
                                     vocabulary::wake_buckets());
}

prometheus::Histogram& Metrics::container_start_seconds(std::string_view kind) {
  return families_->container_start_seconds.Add({{"kind", known_or_other(vocabulary::kinds, kind)}},
                                                vocabulary::wake_buckets());
}

prometheus::Counter& Metrics::idle_stops(std::string_view reason) {
  return families_->idle_stops.Add(
      {{"reason", known_or_other(vocabulary::idle_stop_reasons, reason)}});
}

prometheus::Counter& Metrics::config_rollouts() { return families_->config_rollouts.Add({}); }

prometheus::Counter& Metrics::sign_ins(std::string_view result) {
  return families_->sign_ins.Add({{"result", known_or_other(vocabulary::sign_in_results, result)}});
}

prometheus::Counter& Metrics::egress_requests(std::string_view result) {
  return families_->egress_requests.Add(
      {{"result", known_or_other(vocabulary::egress_results, result)}});
}

EgressTraffic Metrics::egress_traffic() {
  return EgressTraffic{
      .open_connections = families_->egress_connections.Add({}),
      .sent_bytes = families_->egress_bytes.Add({{"direction", "sent"}}),
      .received_bytes = families_->egress_bytes.Add({{"direction", "received"}}),
  };
}

prometheus::Counter& Metrics::provider_calls(std::string_view result) {
  return families_->provider_calls.Add(
      {{"result", known_or_other(vocabulary::provider_results, result)}});
}

prometheus::Gauge& Metrics::open_provider_calls() { return families_->open_provider_calls.Add({}); }

}  // namespace mosaic
