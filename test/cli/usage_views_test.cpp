#include "cli/usage_views.hpp"

#include <gtest/gtest.h>

namespace mosaic::cli {
namespace {

AgentUsage use_of(const std::string& owner, std::int64_t mebibytes,
                  std::optional<std::int64_t> cpu) {
  AgentUsage usage;
  usage.agent = ResourceKey(ResourceKind::user_container, "agent-" + owner);
  usage.owner = owner;
  usage.memory_bytes = mebibytes * 1024 * 1024;
  usage.memory_limit_bytes = 1536LL * 1024 * 1024;
  usage.cpu_milli = cpu;
  usage.processes = 33;
  return usage;
}

std::string order_of(std::vector<AgentUsage> usage, UsageOrder order) {
  sort_usage(usage, order);
  std::string names;
  for (const auto& one : usage) names += one.owner + " ";
  return names;
}

TEST(UsageViews, PutTheMostFirstAndEqualOnesByName) {
  const std::vector<AgentUsage> usage{use_of("carol", 100, 5), use_of("alice", 100, std::nullopt),
                                      use_of("bob", 700, 5)};
  EXPECT_EQ(order_of(usage, UsageOrder::memory), "bob alice carol ");
  EXPECT_EQ(order_of(usage, UsageOrder::cpu), "bob carol alice ");
  EXPECT_EQ(order_of(usage, UsageOrder::name), "alice bob carol ");
}

TEST(UsageViews, SayWhatIsUsedOfWhat) {
  const auto table =
      usage_table({use_of("alice", 768, 250), use_of("bob", 1, std::nullopt)}, TimePoint{});
  ASSERT_EQ(table.rows.size(), 2U);
  EXPECT_EQ(table.rows[0][1], "alice");
  EXPECT_EQ(table.rows[0][2], "250m");
  EXPECT_EQ(table.rows[0][3], "768 MiB");
  EXPECT_EQ(table.rows[0][4], "1536 MiB");
  EXPECT_EQ(table.rows[0][5], "50 %");
  EXPECT_EQ(table.rows[1][2], "") << "not known yet";
  EXPECT_EQ(usage_document(use_of("bob", 1, std::nullopt))["cpuMilli"], nullptr);
}

}  // namespace
}  // namespace mosaic::cli
