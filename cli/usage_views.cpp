#include "cli/usage_views.hpp"

#include <algorithm>
#include <tuple>

#include "cli/agent_views.hpp"

namespace mosaic::cli {
namespace {

constexpr std::int64_t mib = 1024LL * 1024;

std::string mebibytes(std::int64_t bytes) { return std::to_string(bytes / mib) + " MiB"; }

std::string share(const AgentUsage& usage) {
  if (usage.memory_limit_bytes <= 0) return "";
  return std::to_string(usage.memory_bytes * 100 / usage.memory_limit_bytes) + " %";
}

}  // namespace

void sort_usage(std::vector<AgentUsage>& usage, UsageOrder order) {
  const auto weight = [order](const AgentUsage& one) -> std::int64_t {
    if (order == UsageOrder::memory) return one.memory_bytes;
    if (order == UsageOrder::cpu) return one.cpu_milli.value_or(-1);
    return 0;
  };
  std::sort(usage.begin(), usage.end(), [&](const AgentUsage& one, const AgentUsage& other) {
    const auto mine = weight(one);
    const auto others = weight(other);
    return mine != others ? mine > others
                          : std::tie(one.owner, one.agent) < std::tie(other.owner, other.agent);
  });
}

Json usage_document(const AgentUsage& usage) {
  return {{"kind", short_name(usage.agent.kind)},
          {"id", usage.agent.name},
          {"owner", usage.owner},
          {"memoryBytes", usage.memory_bytes},
          {"memoryLimitBytes", usage.memory_limit_bytes},
          {"cpuMilli", usage.cpu_milli ? Json(*usage.cpu_milli) : Json(nullptr)},
          {"processes", usage.processes},
          {"at", to_iso8601(usage.sampled_at)}};
}

Table usage_table(const std::vector<AgentUsage>& usage, TimePoint now) {
  Table table{{"KIND", "NAME", "CPU", "MEMORY", "LIMIT", "USED", "PROCESSES", "MEASURED"}, {}};
  for (const auto& one : usage) {
    table.rows.push_back({std::string(short_name(one.agent.kind)), one.owner,
                          one.cpu_milli ? std::to_string(*one.cpu_milli) + "m" : "",
                          mebibytes(one.memory_bytes), mebibytes(one.memory_limit_bytes),
                          share(one), std::to_string(one.processes), age(one.sampled_at, now)});
  }
  return table;
}

}  // namespace mosaic::cli
