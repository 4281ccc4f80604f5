// What the table of accepted configurations renders to, byte for byte. After a wanted change:
// MOSAIC_UPDATE_GOLDEN=1 agent_config_test --gtest_filter='Golden*', and look at the difference.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "test/agent_config/config_cases.hpp"
#include "test/checkout.hpp"

namespace mosaic::test {
namespace {

std::string golden_path(const std::string& name) {
  return mosaic::test::source_folder() + "/test/agent_config/golden/" + name + ".json";
}

class Golden : public testing::TestWithParam<ConfigCase> {};

TEST_P(Golden, RendersTheSameBytes) {
  const auto& row = GetParam();
  const auto config = render_agent_config(row.source, row.keys, row.settings);
  ASSERT_FALSE(config.problem) << *config.problem;
  if (std::getenv("MOSAIC_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(golden_path(row.name), std::ios::binary) << config.openclaw_json;
  }
  std::ifstream file(golden_path(row.name), std::ios::binary);
  ASSERT_TRUE(file) << golden_path(row.name);
  const std::string expected{std::istreambuf_iterator<char>(file),
                             std::istreambuf_iterator<char>()};
  EXPECT_EQ(config.openclaw_json, expected);
}

INSTANTIATE_TEST_SUITE_P(Cases, Golden, testing::ValuesIn(accepted_cases()),
                         [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace mosaic::test
