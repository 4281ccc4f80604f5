// What agents use as `mosaic top` shows it. Pure functions.
#pragma once

#include <string>
#include <vector>

#include "cli/output.hpp"
#include "model/agent_usage.hpp"

namespace mosaic::cli {

enum class UsageOrder : std::uint8_t { memory, cpu, name };

// The most first, or by name; equal ones by name.
void sort_usage(std::vector<AgentUsage>& usage, UsageOrder order);

Json usage_document(const AgentUsage& usage);
Table usage_table(const std::vector<AgentUsage>& usage, TimePoint now);

}  // namespace mosaic::cli
