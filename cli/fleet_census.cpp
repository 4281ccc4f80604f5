#include "cli/fleet_census.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "telemetry/metric_vocabulary.hpp"

namespace mosaic::cli {

void FleetCensus::run(bool leads) {
  if (!leads) {
    if (std::exchange(counting_, false)) clear();
    next_count_ = {};
    return;
  }
  const SteadyTime now = clock_.steady_now();
  if (now >= next_count_) {
    count();
    counting_ = true;
    // A count reads every row; a four-hundredth of the time is what it may take.
    const auto took = clock_.steady_now() - now;
    next_count_ = now + std::max<SteadyTime::duration>(std::chrono::seconds(30), took * 400);
  }
  if (now >= next_prune_) {
    events_.prune_events(events_kept_per_agent, clock_.now() - event_age);
    statuses_.prune_tombstones(clock_.now() - tombstone_age);
    next_prune_ = now + prune_every;
  }
}

void FleetCensus::count() {
  std::map<std::pair<std::string, std::string>, double> counts;
  rows_.scan_agents([&](AgentRow&& row) {
    ++counts[{std::string(short_name(row.key.kind)), std::string(to_string(row.status.phase))}];
  });
  for (const auto kind : metric_vocabulary::kinds) {
    for (const auto status : metric_vocabulary::statuses) {
      const auto found = counts.find({std::string(kind), std::string(status)});
      metrics_.containers(kind, status).Set(found == counts.end() ? 0 : found->second);
    }
  }
}

void FleetCensus::clear() {
  for (const auto kind : metric_vocabulary::kinds) {
    for (const auto status : metric_vocabulary::statuses) metrics_.containers(kind, status).Set(0);
  }
}

}  // namespace mosaic::cli
