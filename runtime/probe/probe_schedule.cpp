#include "runtime/probe/probe_schedule.hpp"

#include <algorithm>
#include <utility>

namespace mosaic {

ProbeSchedule::ProbeSchedule(const ProbeSettings& settings, double spread, SteadyTime now)
    : settings_(&settings), spread_(spread), began_(now), next_probe_(now) {
  view_.health = Health::starting;
}

bool ProbeSchedule::succeeded(SteadyTime now, TimePoint wall_clock) {
  const auto previous = view_.health;
  // The first interval places the key anywhere in the round, the later ones keep it there.
  const double share = previous == Health::starting ? 0.5 + 0.5 * spread_ : 1.0;
  next_probe_ = now + std::chrono::duration_cast<std::chrono::microseconds>(
                          share * settings_->liveness_interval);
  view_.health = Health::ready;
  view_.failures = 0;
  view_.last_error.clear();
  if (!view_.ready_at) view_.ready_at = wall_clock;
  return previous != Health::ready;
}

bool ProbeSchedule::failed(SteadyTime now, std::string error) {
  const auto previous = view_.health;
  ++view_.failures;
  view_.last_error = std::move(error);
  if (previous == Health::starting) {
    next_probe_ = now + startup_interval(now);
    return false;
  }
  if (view_.failures >= settings_->failure_limit) view_.health = Health::failing;
  next_probe_ = now + (view_.health == Health::failing ? settings_->failing_interval
                                                       : settings_->recheck_interval);
  return view_.health != previous;
}

void ProbeSchedule::postponed(SteadyTime now) { next_probe_ = now + settings_->recheck_interval; }

Duration ProbeSchedule::timeout() const {
  return is_startup() ? settings_->startup_timeout : settings_->liveness_timeout;
}

std::chrono::microseconds ProbeSchedule::startup_interval(SteadyTime now) const {
  const auto waited = std::chrono::duration_cast<std::chrono::microseconds>(now - began_);
  const auto share = std::chrono::duration_cast<std::chrono::microseconds>(
      settings_->startup_interval_share * waited);
  return std::clamp(share, settings_->startup_interval_min, settings_->startup_interval_max);
}

}  // namespace mosaic
