// When one process is probed and what its answers mean: the probing rules without sockets, threads or clocks.
//
// Startup: at once, then after 2.5 % of the time waited so far (at least 1 ms, at most 500 ms), so that readiness is
// noticed within 2.5 % of any boot time. After the first answer, liveness: every 30 s, spread per key so that a
// fleet is not probed in one moment; a failure is checked again soon, and three in a row mean failing.
//
// A plain value, not thread-safe. `now` never runs backwards.
#pragma once

#include <chrono>
#include <string>

#include "controller/health_monitor.hpp"
#include "model/clock.hpp"

namespace mosaic {

struct ProbeSettings {
  std::chrono::microseconds startup_interval_min = std::chrono::milliseconds(1);
  std::chrono::microseconds startup_interval_max = std::chrono::milliseconds(500);
  double startup_interval_share = 0.025;  // of the time waited so far
  Duration startup_timeout = std::chrono::seconds(2);
  Duration liveness_interval = std::chrono::seconds(30);
  Duration liveness_timeout = std::chrono::seconds(10);
  Duration recheck_interval = std::chrono::seconds(1);  // after a failed liveness probe
  Duration failing_interval =
      std::chrono::seconds(5);  // while failing: it may come back before somebody acts
  int failure_limit = 3;
  int concurrent_probes = 256;           // of all keys together
  int concurrent_liveness_probes = 128;  // hanging gateways never keep a starting one waiting
};

class ProbeSchedule {
 public:
  // `spread` in [0, 1): the key's own place within the liveness interval.
  ProbeSchedule(const ProbeSettings& settings, double spread, SteadyTime now);

  // Each returns true when the health changed.
  bool succeeded(SteadyTime now, TimePoint wall_clock);
  bool failed(SteadyTime now, std::string error);
  // The probe could not be made, for reasons of our own: nothing was learned.
  void postponed(SteadyTime now);

  SteadyTime next_probe() const { return next_probe_; }
  Duration timeout() const;
  bool is_startup() const { return view_.health == Health::starting; }
  const HealthView& view() const { return view_; }

 private:
  std::chrono::microseconds startup_interval(SteadyTime now) const;

  const ProbeSettings* settings_;
  double spread_;
  SteadyTime began_;
  SteadyTime next_probe_;
  HealthView view_;
};

}  // namespace mosaic
