#include "cli/observers/informer_observer.hpp"

namespace mosaic::cli {

void InformerLog::on_relisted(std::chrono::nanoseconds took, std::size_t rows,
                              std::size_t containers, std::size_t drifted) {
  metrics_.relist_seconds.Observe(in_seconds(took));
  metrics_.drift_found.Increment(static_cast<double>(drifted));
  const std::lock_guard lock(mutex_);
  if (!failure_.empty()) {
    failure_.clear();
    log_.info("listing works again");
  }
  if (drifted > 0) {
    log_.info("found what no event had told",
              {{Field::count, drifted}, {Field::duration_ms, took}});
  } else {
    log_.debug("listed", {{Field::count, rows + containers}, {Field::duration_ms, took}});
  }
}

void InformerLog::on_relist_failed(const std::string& error) {
  const std::lock_guard lock(mutex_);
  const SteadyTime now = clock_.steady_now();
  // The words may differ from try to try (refused, then the breaker); the trouble is the same.
  if (!failure_.empty() && now - told_at_ < repeat_after) return;
  failure_ = error;
  told_at_ = now;
  log_.warning("cannot see engine or rows; agents stay as they are, trying again",
               {{Field::error, error}});
}

void InformerLog::on_engine_reachable(bool reachable) {
  if (reachable) {
    log_.info("the engine answers");
  } else {
    log_.warning("the engine does not answer; agents stay as they are, trying again");
  }
}

}  // namespace mosaic::cli
