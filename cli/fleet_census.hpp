// What a leader does now and then for the fleet as a whole: counts agents by phase for the metrics,
// and lets old events and tombstones go.
//
// Between two counts the gauges follow the transitions that agent_observer.hpp sees; a count puts
// right whatever those missed (rows that were inserted or deleted). Used from the main thread.
#pragma once

#include "model/clock.hpp"
#include "store/store.hpp"
#include "telemetry/metrics.hpp"

namespace mosaic::cli {

class FleetCensus {
 public:
  FleetCensus(const Clock& clock, AgentReader& rows, EventLog& events, StatusWriter& statuses,
              Metrics& metrics)
      : clock_(clock), rows_(rows), events_(events), statuses_(statuses), metrics_(metrics) {}

  // Does what is due; `leads` false: another process counts, so that sums over processes stay
  // right.
  void run(bool leads);

 private:
  static constexpr Duration prune_every = std::chrono::hours(1);
  static constexpr Duration event_age = std::chrono::hours(24 * 30);
  // Longer than any engine is away whose leftovers somebody still means to have removed.
  static constexpr Duration tombstone_age = std::chrono::hours(24 * 90);
  static constexpr int events_kept_per_agent = 200;

  void count();
  void clear();

  const Clock& clock_;
  AgentReader& rows_;
  EventLog& events_;
  StatusWriter& statuses_;
  Metrics& metrics_;
  bool counting_ = false;
  SteadyTime next_count_{};
  SteadyTime next_prune_{};
};

}  // namespace mosaic::cli
