// Every reconcile as controller-runtime's metrics and a log line under an id of its own.
//
// Thread-safe. The Metrics must outlive it.
#pragma once

#include "controller/controller.hpp"
#include "telemetry/log.hpp"
#include "telemetry/metrics.hpp"

namespace mosaic::cli {

class ReconcileObserver final : public ControllerObserver {
 public:
  ReconcileObserver(const ControllerMetrics& metrics, const Logger& log)
      : metrics_(metrics), log_(log.with_component("controller")) {}

  void on_reconcile_begin(const ResourceKey& key) override;
  void on_reconcile_end(const ResourceKey& key, ReconcileResult result,
                        std::chrono::nanoseconds took, std::string_view error) override;

 private:
  void count(ReconcileResult result);

  ControllerMetrics metrics_;
  const Logger log_;
};

}  // namespace mosaic::cli
