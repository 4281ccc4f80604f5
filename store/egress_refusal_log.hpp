// The one kind of event that the API puts on an agent's record: what the egress proxy refused it.
//
// Thread-safety and errors: as store.hpp.
#pragma once

#include <string>

#include "model/clock.hpp"
#include "model/resource_key.hpp"

namespace mosaic {

struct EgressRefusal {
  ResourceKey agent;
  TimePoint at{};
  std::string message;  // one line, no secret
};

class EgressRefusalLog {
 public:
  virtual ~EgressRefusalLog() = default;
  // As the event "EgressRefused"; equal to the agent's last event, it raises its count.
  virtual void append_egress_refusal(const EgressRefusal& refusal) = 0;
};

}  // namespace mosaic
