// Image, memory and CPU of one agent, as an admin may set them: one reader for every path that takes them.
//
// Pure; one request, one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "api/json_body.hpp"

namespace mosaic {

// Each is nothing when the body does not speak of it; an inner nothing, or an empty image, means the fleet's default.
struct AgentLimitsInput {
  std::optional<std::string> image;
  std::optional<std::optional<std::int64_t>> memory_mb;
  std::optional<std::optional<std::int64_t>> cpu_milli;
};

AgentLimitsInput read_agent_limits(JsonBody& body);

}  // namespace mosaic
