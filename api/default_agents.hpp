// The platform's own agents that a new installation may take: the seed's four, by their names and roles.
//
// Plain values. Their memory is the seed's where OpenClaw is safe with it; 1024 MB is not: measured, a full
// configuration is killed at its first chat there, so those two have 1536.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace mosaic {

struct DefaultAgent {
  std::string_view word;  // what the onboarding calls it
  std::string_view name;
  std::string_view role;
  std::string_view purpose;
  std::int64_t memory_mb;
};

inline constexpr std::array<DefaultAgent, 4> default_agents{{
    {"main", "mosaic-main", "orchestrator", "User-facing, routes to other agents", 2048},
    {"projects", "mosaic-projects", "developer", "Implementation, coding, pull requests", 4096},
    {"research", "mosaic-research", "research", "Web search, analysis, discovery", 1536},
    {"operations", "mosaic-operations", "operations", "Monitoring, health checks, alerts", 1536},
}};

}  // namespace mosaic
