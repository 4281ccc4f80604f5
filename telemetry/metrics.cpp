#include "telemetry/metrics.hpp"

#include <prometheus/text_serializer.h>

#include <algorithm>
#include <utility>

#include "telemetry/metric_families.hpp"

namespace mosaic {
namespace {

CounterFamily& counter(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
}
GaugeFamily& gauge(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
}
HistogramFamily& histogram(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(registry);
}

}  // namespace

// clang-format off: one line per metric reads as the table that it is.
Metrics::Families::Families()
    : reconciles(counter(registry, "controller_runtime_reconcile_total", "Reconciles by result.")),
      reconcile_errors(counter(registry, "controller_runtime_reconcile_errors_total",
                               "Reconciles that failed.")),
      terminal_errors(
          counter(registry, "controller_runtime_terminal_reconcile_errors_total",
                  "Reconciles that failed in a way that only a change of the spec can mend.")),
      max_concurrent_reconciles(gauge(registry, "controller_runtime_max_concurrent_reconciles",
                                      "How many reconciles may run at once.")),
      active_workers(
          gauge(registry, "controller_runtime_active_workers", "How many reconciles are running.")),
      reconcile_seconds(histogram(registry, "controller_runtime_reconcile_time_seconds",
                                  "How long a reconcile took.")),
      queue_depth(gauge(registry, "workqueue_depth", "Keys that wait in the queue, by priority.")),
      queue_adds(counter(registry, "workqueue_adds_total", "Keys added to the queue.")),
      queue_retries(
          counter(registry, "workqueue_retries_total", "Keys added again after a failure.")),
      queue_unfinished_work(gauge(registry, "workqueue_unfinished_work_seconds",
                                  "Sum of the time that the keys in process have been worked on.")),
      queue_longest_processor(gauge(registry, "workqueue_longest_running_processor_seconds",
                                    "How long the longest running reconcile has worked.")),
      queue_seconds(histogram(registry, "workqueue_queue_duration_seconds",
                              "How long a key waited in the queue.")),
      queue_work_seconds(
          histogram(registry, "workqueue_work_duration_seconds", "How long a key was worked on.")),
      leader(gauge(registry, "leader_election_master_status",
                   "1 while this process holds the lease, else 0.")),
      engine_requests(counter(registry, "rest_client_requests_total",
                              "Requests to the engine by status, method and host.")),
      engine_request_seconds(histogram(registry, "rest_client_request_duration_seconds",
                                       "How long a request to the engine took.")),
      engine_breaker_state(gauge(registry, "mosaic_engine_breaker_state",
                                 "Circuit breaker of an engine: 0 closed, 1 half open, 2 open.")),
      containers(gauge(registry, "mosaic_containers", "Agents by kind and status.")),
      wake_seconds(histogram(registry, "mosaic_wake_duration_seconds",
                             "From the commit of the wish to wake an agent until it is ready.")),
      container_start_seconds(
          histogram(registry, "mosaic_container_start_duration_seconds",
                    "From the engine's start of a container until it is ready.")),
      idle_stops(counter(registry, "mosaic_idle_stops_total", "Agents put to sleep, by reason.")),
      config_rollouts(counter(registry, "mosaic_config_rollouts_total",
                              "Restarts that brought a changed configuration to a running agent.")),
      relist_seconds(histogram(registry, "mosaic_relist_duration_seconds",
                               "How long a complete list of the engine's containers took.")),
      last_event_age(gauge(registry, "mosaic_last_event_age_seconds",
                           "Time since the engine last sent an event.")),
      events_discarded(counter(registry, "mosaic_events_discarded_total",
                               "Engine events that were dropped because they could not be kept or "
                               "read; a relist makes up for them.")),
      network_capacity(gauge(registry, "mosaic_network_capacity",
                             "Networks that the engine's address ranges have room for; 0 where "
                             "that is not known.")),
      networks_taken(gauge(registry, "mosaic_networks_taken",
                           "Networks, whoever's they are, that take of mosaic_network_capacity.")),
      drift_found(counter(registry, "mosaic_drift_found_total",
                          "Differences that only a resync found, as no event had told of them.")),
      stale_observations(
          counter(registry, "mosaic_stale_observations_skipped_total",
                  "Observations not acted on because they were older than our own last action.")),
      notify_reconnects(
          counter(registry, "mosaic_notify_reconnects_total",
                  "Times the connection that listens for database notifications was made again.")),
      pool_wait_seconds(histogram(registry, "mosaic_database_pool_wait_seconds",
                                  "How long a database connection was waited for.")),
      open_streams(
          gauge(registry, "mosaic_open_chat_streams", "Chat replies that are being streamed.")),
      streamed_bytes(counter(registry, "mosaic_streamed_bytes_total",
                             "Bytes of chat replies sent to clients.")),
      first_byte_seconds(
          histogram(registry, "mosaic_chat_first_byte_seconds",
                    "From a chat request to the first byte of its reply, waking included.")),
      sign_ins(counter(registry, "mosaic_sign_ins_total", "Attempts to sign in, by result.")),
      egress_requests(counter(registry, "mosaic_egress_requests_total",
                              "Requests of agents to the egress proxy, by what became of them.")),
      egress_connections(gauge(registry, "mosaic_egress_open_connections",
                               "Connections of agents that the egress proxy carries on.")),
      egress_bytes(counter(registry, "mosaic_egress_bytes_total",
                           "Bytes that the egress proxy carried, seen from the agents.")),
      provider_calls(
          counter(registry, "mosaic_provider_calls_total",
                  "Calls of agents to their providers through us, by what became of them.")),
      open_provider_calls(gauge(registry, "mosaic_provider_open_calls",
                                "Calls of agents to their providers that we carry on.")),
      build_info(
          gauge(registry, "mosaic_build_info", "Always 1; the labels say what is running.")) {}
// clang-format on

Metrics::Metrics(const BuildInfo& build) : families_(std::make_unique<Families>()) {
  families_->build_info.Add({{"version", build.version}, {"revision", build.revision}}).Set(1);
  create_fleet_series();
}

Metrics::~Metrics() = default;

Metrics::Refresher Metrics::before_render(std::function<void()> refresh) {
  auto registration = std::make_shared<Refresher::Registration>();
  registration->refresh = std::move(refresh);
  const std::lock_guard lock(families_->refresh_mutex);
  families_->refreshers.push_back(registration);
  return Refresher(std::move(registration));
}

std::string Metrics::render() {
  {
    const std::lock_guard lock(families_->refresh_mutex);
    auto& refreshers = families_->refreshers;
    std::erase_if(refreshers, [](const auto& registration) { return registration.expired(); });
    for (const auto& weak : refreshers) {
      const auto registration = weak.lock();
      if (!registration) continue;
      const std::lock_guard running(registration->mutex);
      if (registration->refresh) registration->refresh();
    }
  }
  return prometheus::TextSerializer().Serialize(families_->registry.Collect());
}

void Metrics::Refresher::reset() noexcept {
  if (!registration_) return;
  const std::lock_guard not_running(registration_->mutex);
  registration_->refresh = nullptr;
}

Metrics::Refresher::~Refresher() { reset(); }

Metrics::Refresher::Refresher(Refresher&& other) noexcept
    : registration_(std::move(other.registration_)) {}

Metrics::Refresher& Metrics::Refresher::operator=(Refresher&& other) noexcept {
  if (this != &other) {
    reset();
    registration_ = std::move(other.registration_);
  }
  return *this;
}

}  // namespace mosaic
