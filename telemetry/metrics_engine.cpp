#include "telemetry/metric_families.hpp"
#include "telemetry/metric_vocabulary.hpp"
#include "telemetry/metrics.hpp"

namespace mosaic {
namespace {

static_assert(metric_vocabulary::methods.size() == EngineMetrics::method_count);

prometheus::Labels request_labels(std::size_t method, int status, const std::string& host) {
  return {{"code", metric_vocabulary::status_label(status)},
          {"method", std::string(metric_vocabulary::methods[method])},
          {"host", host}};
}

}  // namespace

EngineMetrics Metrics::engine(std::string_view host) {
  const std::string host_label(host);
  EngineMetrics engine(families_->engine_breaker_state.Add({{"host", host_label}}),
                       families_->engine_requests, host);
  for (std::size_t method = 0; method < EngineMetrics::method_count; ++method) {
    auto& series = engine.methods_[method];
    series.seconds = &families_->engine_request_seconds.Add(
        {{"verb", std::string(metric_vocabulary::methods[method])}, {"host", host_label}},
        metric_vocabulary::rest_client_buckets());
    for (const int status : metric_vocabulary::engine_statuses) {
      series.by_status.push_back(
          {status, &engine.requests_.Add(request_labels(method, status, host_label))});
    }
  }
  return engine;
}

void EngineMetrics::record_request(Method method, int status, std::chrono::nanoseconds took) const {
  const auto index = static_cast<std::size_t>(method);
  const PerMethod& series = methods_.at(index);
  series.seconds->Observe(in_seconds(took));
  for (const auto& [known_status, count] : series.by_status) {
    if (known_status == status) return count->Increment();
  }
  requests_.Add(request_labels(index, status, host_)).Increment();
}

}  // namespace mosaic
