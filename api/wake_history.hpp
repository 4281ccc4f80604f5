// How long an agent's starts took, told from its events: from the first step of a start (fetching the image, waiting for
// room, starting, thawing) until the gateway answered. A start that failed is none; the next try is one of its own.
//
// Pure. Times are those of the controller that wrote the events.
#pragma once

#include <vector>

#include "model/clock.hpp"
#include "store/store.hpp"

namespace mosaic {

struct Wake {
  TimePoint ready_at{};
  Duration took{};
  bool cold = false;  // a new process; else it was thawed
};

// `newest_first`: events of one agent, as EventLog gives them. Newest first again.
std::vector<Wake> wakes_of(const std::vector<Event>& newest_first);

}  // namespace mosaic
