#include "api/agent_limits_input.hpp"

namespace mosaic {
namespace {

std::optional<std::optional<std::int64_t>> read_number(JsonBody& body, std::string_view field,
                                                       std::int64_t least, std::int64_t most) {
  if (body.is_null(field)) return std::optional<std::int64_t>();
  const auto number = body.number(field, least, most);
  if (!number) return std::nullopt;
  return number;
}

}  // namespace

AgentLimitsInput read_agent_limits(JsonBody& body) {
  AgentLimitsInput input;
  if (body.is_null("image")) {
    input.image = "";
  } else if (auto image = body.text("image", {1, 255, true})) {
    if (image->find_first_of(" \"'") != std::string::npos)
      body.complain("image", "must be an image reference without blanks and quotes");
    input.image = std::move(*image);
  }
  input.memory_mb = read_number(body, "memoryMb", 64, 1048576);
  input.cpu_milli = read_number(body, "cpuMilli", 100, 256000);
  return input;
}

}  // namespace mosaic
