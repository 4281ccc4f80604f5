#include "test/simulation/shrink.hpp"

#include <algorithm>

namespace mosaic::simulation {
namespace {

History without(const History& history, std::size_t from, std::size_t count) {
  History shorter(history.begin(), history.begin() + static_cast<std::ptrdiff_t>(from));
  const std::size_t rest = std::min(from + count, history.size());
  shorter.insert(shorter.end(), history.begin() + static_cast<std::ptrdiff_t>(rest), history.end());
  return shorter;
}

}  // namespace

RunResult run_history(std::uint64_t seed, const History& history, bool readable) {
  return Simulation(seed, history, readable).run();
}

History shrink(const History& history, const std::function<bool(const History&)>& fails,
               int most_runs) {
  History shortest = history;
  int runs = 0;
  for (std::size_t part = std::max<std::size_t>(shortest.size() / 2, 1); runs < most_runs;) {
    bool shortened = false;
    for (std::size_t from = 0; from < shortest.size() && runs < most_runs; ++runs) {
      History candidate = without(shortest, from, part);
      if (fails(candidate)) {
        shortest = std::move(candidate);
        shortened = true;
      } else {
        from += part;
      }
    }
    if (part > 1) {
      part = (part + 1) / 2;
    } else if (!shortened) {
      break;
    }
  }
  return shortest;
}

}  // namespace mosaic::simulation
