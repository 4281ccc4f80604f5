#include "cli/observers/engine_observer.hpp"

#include "cli/observers/reconcile_trace.hpp"

namespace mosaic::cli {
namespace {

EngineMetrics::Method method_of(std::string_view word) {
  if (word == "POST") return EngineMetrics::Method::post;
  if (word == "DELETE") return EngineMetrics::Method::del;
  if (word == "PUT") return EngineMetrics::Method::put;
  if (word == "HEAD") return EngineMetrics::Method::head;
  return EngineMetrics::Method::get;
}

}  // namespace

void EngineObserver::on_call(std::string_view method, std::string_view route, int status,
                             std::chrono::nanoseconds duration) noexcept {
  // Neither counting nor logging may break the call that is being told of.
  try {
    metrics_.record_request(method_of(method), status, duration);
    if (!log_.enabled(LogLevel::debug)) return;
    log_.with_correlation(ReconcileTrace::current())
        .debug("engine call", {{Field::method, method},
                               {Field::path, route},
                               {Field::status, status},
                               {Field::duration_ms, duration}});
  } catch (const std::exception&) {
    log_.error("an engine call could not be counted");
  }
}

}  // namespace mosaic::cli
