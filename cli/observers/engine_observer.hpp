// Every call to the engine as client-go's rest_client metrics, and at debug level as a log line
// that carries the id of the reconcile it was made for.
//
// Thread-safe. The Metrics must outlive it.
#pragma once

#include "runtime/docker/engine_client.hpp"
#include "telemetry/log.hpp"
#include "telemetry/metrics.hpp"

namespace mosaic::cli {

class EngineObserver final : public EngineCallObserver {
 public:
  EngineObserver(const EngineMetrics& metrics, const Logger& log)
      : metrics_(metrics), log_(log.with_component("engine")) {}

  void on_call(std::string_view method, std::string_view route, int status,
               std::chrono::nanoseconds duration) noexcept override;

 private:
  const EngineMetrics metrics_;
  const Logger log_;
};

}  // namespace mosaic::cli
