// What a driver tells of itself for metrics, whichever engine it drives. Asks the engine nothing.
//
// Thread-safety: vitals() may be called from any thread.
#pragma once

#include <cstdint>
#include <optional>

#include "model/clock.hpp"

namespace mosaic {

// How many networks for agents the engine's address ranges have room for, and how many networks take of it now.
struct NetworkRoom {
  std::int64_t capacity = 0;
  std::int64_t taken = 0;
};

struct DriverVitals {
  // When the engine last told of changes; nothing while nobody watches, or it does not answer.
  std::optional<TimePoint> last_event_at;
  std::uint64_t events_discarded = 0;  // since the driver exists
  bool breaker_open = false;
  std::optional<NetworkRoom> network_room;  // as of the last look; nothing where that is not known
};

class VitalDriver {
 public:
  virtual ~VitalDriver() = default;
  virtual DriverVitals vitals() const = 0;
};

}  // namespace mosaic
