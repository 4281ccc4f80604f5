// From a history that violates a rule to a short one that violates the same rule.
#pragma once

#include <cstdint>
#include <functional>

#include "test/simulation/history.hpp"
#include "test/simulation/simulation.hpp"

namespace mosaic::simulation {

RunResult run_history(std::uint64_t seed, const History& history, bool readable);

// Leaves out ever smaller parts as long as what is left still `fails`. At most `most_runs` questions.
History shrink(const History& history, const std::function<bool(const History&)>& fails,
               int most_runs);

}  // namespace mosaic::simulation
