#include "cli/observers/reconcile_observer.hpp"

#include "cli/observers/reconcile_trace.hpp"

namespace mosaic::cli {
namespace {

std::string_view word(ReconcileResult result) {
  switch (result) {
    case ReconcileResult::success:
      return "success";
    case ReconcileResult::error:
      return "error";
    case ReconcileResult::requeue:
      return "requeue";
    case ReconcileResult::requeue_after:
      return "requeue_after";
    case ReconcileResult::terminal_error:
      return "terminal_error";
    case ReconcileResult::not_leader:
      return "not_leader";
  }
  return "unknown";
}

}  // namespace

void ReconcileObserver::on_reconcile_begin(const ResourceKey& key) {
  ReconcileTrace::begin(key);
  metrics_.active_workers.Increment();
}

void ReconcileObserver::on_reconcile_end(const ResourceKey& key, ReconcileResult result,
                                         std::chrono::nanoseconds took, std::string_view error) {
  metrics_.active_workers.Decrement();
  metrics_.reconcile_seconds.Observe(in_seconds(took));
  count(result);
  const bool failed = result == ReconcileResult::error || result == ReconcileResult::terminal_error;
  if (failed || log_.enabled(LogLevel::debug)) {
    const Logger log = log_.with_correlation(ReconcileTrace::current());
    const std::string name = to_string(key);
    if (failed) {
      log.warning("reconcile failed", {{Field::key, name},
                                       {Field::result, word(result)},
                                       {Field::error, error},
                                       {Field::duration_ms, took}});
    } else {
      log.debug("reconciled",
                {{Field::key, name}, {Field::result, word(result)}, {Field::duration_ms, took}});
    }
  }
  ReconcileTrace::end();
}

void ReconcileObserver::count(ReconcileResult result) {
  switch (result) {
    case ReconcileResult::success:
      metrics_.reconcile_success.Increment();
      break;
    case ReconcileResult::requeue_after:
      metrics_.reconcile_requeue_after.Increment();
      break;
    // Whoever leads next goes on with it, which is a requeue seen from here.
    case ReconcileResult::requeue:
    case ReconcileResult::not_leader:
      metrics_.reconcile_requeue.Increment();
      break;
    case ReconcileResult::terminal_error:
      metrics_.terminal_errors.Increment();
      [[fallthrough]];
    case ReconcileResult::error:
      metrics_.reconcile_error.Increment();
      metrics_.errors.Increment();
      break;
  }
}

}  // namespace mosaic::cli
