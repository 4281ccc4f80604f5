// Everything that /metrics shows, in the Prometheus text format.
//
// Names, labels and buckets of the controller, queue, leader and engine series are those of
// controller-runtime and client-go, so that dashboards for Kubernetes operators work; ours begin
// with "mosaic_". Every series that can be named beforehand exists from the start at 0: asking for
// a handle creates its series. Labels hold words of a fixed vocabulary only, anything else is
// counted as "other": no user id can become a label, and the number of series is bounded.
//
// Thread-safe. Ask for handles once (metric_handles.hpp) and keep them on hot paths; asking again
// for the same name gives the same series.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "telemetry/metric_handles.hpp"

namespace mosaic {

struct BuildInfo {
  std::string version = "unknown";
  std::string revision = "unknown";
};

class Metrics {
 public:
  explicit Metrics(const BuildInfo& build = {});
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  ControllerMetrics controller(std::string_view name);
  // `priorities` are the words of the priority label, in the order of WorkQueueMetrics::depth.
  WorkQueueMetrics work_queue(std::string_view name, std::span<const std::string_view> priorities);
  WorkQueueMetrics work_queue(std::string_view name);  // waiting_user, spec_change, crash, resync
  prometheus::Gauge& leader(std::string_view lease_name);  // 1 while this process holds the lease
  // The engine's address as an operator knows it, without credentials: "unix:///run/docker.sock",
  // "10.0.0.5:2376".
  EngineMetrics engine(std::string_view host);

  ObservationMetrics observation();
  DatabaseMetrics database();
  ChatMetrics chat();
  EgressTraffic egress_traffic();

  // kind: user, system. status: a phase of the agent.
  prometheus::Gauge& containers(std::string_view kind, std::string_view status);
  // From the commit of the wish to ready. start: cold, warm, paused, hibernated.
  prometheus::Histogram& wake_seconds(std::string_view kind, std::string_view start);
  // From the engine's start call to ready.
  prometheus::Histogram& container_start_seconds(std::string_view kind);
  // reason: idle_timeout, memory_budget, requested.
  prometheus::Counter& idle_stops(std::string_view reason);
  prometheus::Counter& config_rollouts();
  // result: success, failure, throttled, error.
  prometheus::Counter& sign_ins(std::string_view result);
  // result: allowed, malformed, credential, policy, address, unresolved, unreachable, overloaded, unavailable.
  prometheus::Counter& egress_requests(std::string_view result);
  // result: answered, malformed, credential, delivered, provider, address, unresolved, unreachable, tls, broken, cancelled,
  // overloaded, unavailable.
  prometheus::Counter& provider_calls(std::string_view result);
  prometheus::Gauge& open_provider_calls();

  // Keeps a function registered that brings gauges up to date just before each rendering (ages,
  // sums over a queue). It must not call render() and must not throw. When the destructor returns
  // it is not running and never will again.
  class Refresher {
   public:
    Refresher() = default;
    ~Refresher();
    Refresher(Refresher&& other) noexcept;
    Refresher& operator=(Refresher&& other) noexcept;

   private:
    friend class Metrics;
    struct Registration;
    explicit Refresher(std::shared_ptr<Registration> registration)
        : registration_(std::move(registration)) {}
    void reset() noexcept;

    std::shared_ptr<Registration> registration_;
  };
  [[nodiscard]] Refresher before_render(std::function<void()> refresh);

  // The answer to GET /metrics; its content type is "text/plain; version=0.0.4; charset=utf-8".
  std::string render();

 private:
  struct Families;

  void create_fleet_series();

  std::unique_ptr<Families> families_;
};

}  // namespace mosaic
