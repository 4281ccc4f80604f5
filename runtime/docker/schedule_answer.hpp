// What boot/read-schedule.js printed, in our words. The text comes out of an agent's container: anything but exactly
// the expected line is "cannot be told", and nothing of it is passed on.
//
// Pure functions.
#pragma once

#include <string>
#include <string_view>

#include "model/clock.hpp"
#include "model/observed.hpp"

namespace mosaic {

// `now`: ours, when the line was read. The container's clock may differ; only its differences count.
ScheduleView schedule_from_answer(int exit_code, std::string_view line, TimePoint now);

}  // namespace mosaic
