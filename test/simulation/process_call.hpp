// The frame of every call of a simulated process: interrupted before, done, interrupted after.
#pragma once

#include <string_view>
#include <type_traits>
#include <utility>

#include "test/simulation/process.hpp"

namespace mosaic::simulation {

template <typename Work>
auto interrupted(Interruptions& interruptions, Process& process, Callee callee,
                 std::string_view operation, std::string_view target, Work work) {
  interruptions.at_call(process, callee, operation, target, Moment::before);
  if constexpr (std::is_void_v<decltype(work())>) {
    work();
    interruptions.at_call(process, callee, operation, target, Moment::after);
  } else {
    auto answer = work();
    interruptions.at_call(process, callee, operation, target, Moment::after);
    return answer;
  }
}

}  // namespace mosaic::simulation
