// What happens to agents, as log lines and as the fleet's own metrics.
//
// Thread-safe. The Metrics must outlive it.
#pragma once

#include "reconcilers/agent_reconciler.hpp"
#include "telemetry/log.hpp"
#include "telemetry/metrics.hpp"

namespace mosaic::cli {

class AgentLog final : public AgentObserver {
 public:
  AgentLog(Metrics& metrics, const Logger& log)
      : metrics_(metrics), log_(log.with_component("agent")) {}

  void on_action(const ResourceKey& key, ActionKind action, Duration took) override;
  void on_action_failed(const ResourceKey& key, ActionKind action,
                        const std::string& error) override;
  void on_status(const AgentRow& row, const AgentStatus& before, const AgentStatus& after) override;
  void on_woken(const ResourceKey& key, WakeDepth depth, Duration since_request,
                Duration since_start) override;
  void on_stale_observation(const ResourceKey& key) override;

 private:
  void count_transition(const AgentRow& row, const AgentStatus& before, const AgentStatus& after);

  Metrics& metrics_;
  const Logger log_;
};

}  // namespace mosaic::cli
