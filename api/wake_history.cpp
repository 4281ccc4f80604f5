#include "api/wake_history.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

namespace mosaic {
namespace {

// The Ready condition's reasons while an agent is on its way up.
constexpr std::array<std::string_view, 8> steps{
    "PullingImage",   "WaitingForMemory", "WaitingForPlace", "WaitingForStartSlot",
    "WaitingForNode", "StateInUse",       "Starting",        "Waking"};
// Events that say nothing of the Ready condition.
constexpr std::array<std::string_view, 3> beside{"ConfigurationReloaded", "ReloadFailed",
                                                 "GatewayTokenShown"};

bool is_one_of(const auto& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

}  // namespace

std::vector<Wake> wakes_of(const std::vector<Event>& newest_first) {
  std::vector<Wake> wakes;
  std::optional<TimePoint> began;
  bool cold = false;
  for (auto event = newest_first.rbegin(); event != newest_first.rend(); ++event) {
    if (is_one_of(beside, event->reason)) continue;
    if (is_one_of(steps, event->reason)) {
      if (!began) cold = false;
      cold = cold || event->reason == "Starting";
      if (!began) began = event->at;
      continue;
    }
    if (event->reason == "Ready" && began)
      wakes.push_back({event->at, std::max(event->at - *began, Duration{}), cold});
    began.reset();
  }
  std::reverse(wakes.begin(), wakes.end());
  return wakes;
}

}  // namespace mosaic
