// What an agent's container uses at one moment, as the engine measured it. A plain value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "model/clock.hpp"
#include "model/resource_key.hpp"

namespace mosaic {

struct AgentUsage {
  ResourceKey agent;
  std::string owner;              // as AgentRow has it; filled by whoever reads it back
  std::int64_t memory_bytes = 0;  // without what the kernel merely caches and gives back at once
  std::int64_t memory_limit_bytes = 0;
  std::optional<std::int64_t>
      cpu_milli;  // of one core, over the last seconds; nothing: only one look yet
  std::int64_t processes = 0;
  TimePoint sampled_at{};

  bool operator==(const AgentUsage&) const = default;
};

}  // namespace mosaic
