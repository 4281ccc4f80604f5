// What mosaic doctor found out about one thing, and how to mend it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace mosaic::cli {

struct Finding {
  enum class State : std::uint8_t { ok, warn, fail };
  std::string check;
  State state = State::ok;
  std::string message;
  std::string remedy;  // empty when there is nothing to mend
};

inline Finding ok(std::string check, std::string message) {
  return {std::move(check), Finding::State::ok, std::move(message), {}};
}
inline Finding warn(std::string check, std::string message, std::string remedy) {
  return {std::move(check), Finding::State::warn, std::move(message), std::move(remedy)};
}
inline Finding fail(std::string check, std::string message, std::string remedy) {
  return {std::move(check), Finding::State::fail, std::move(message), std::move(remedy)};
}

inline std::string_view to_string(Finding::State state) {
  switch (state) {
    case Finding::State::ok:
      return "ok";
    case Finding::State::warn:
      return "warn";
    case Finding::State::fail:
      return "fail";
  }
  return "fail";
}

}  // namespace mosaic::cli
