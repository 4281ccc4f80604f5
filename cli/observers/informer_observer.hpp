// Relists and the engine's reachability as metrics and log lines. An engine that stays away is told
// of at once and then once a minute, not once a second.
//
// Thread-safe. The Metrics must outlive it.
#pragma once

#include <mutex>
#include <optional>
#include <string>

#include "controller/informer.hpp"
#include "model/clock.hpp"
#include "telemetry/log.hpp"
#include "telemetry/metrics.hpp"

namespace mosaic::cli {

class InformerLog final : public InformerObserver {
 public:
  InformerLog(const Clock& clock, const ObservationMetrics& metrics, const Logger& log)
      : clock_(clock), metrics_(metrics), log_(log.with_component("informer")) {}

  void on_relisted(std::chrono::nanoseconds took, std::size_t rows, std::size_t containers,
                   std::size_t drifted) override;
  void on_relist_failed(const std::string& error) override;
  void on_engine_reachable(bool reachable) override;

 private:
  static constexpr Duration repeat_after = std::chrono::minutes(1);

  const Clock& clock_;
  ObservationMetrics metrics_;
  const Logger log_;
  std::mutex mutex_;
  std::string failure_;  // empty: all is well
  SteadyTime told_at_{};
};

}  // namespace mosaic::cli
