#include "model/fleet_settings.hpp"

#include <gtest/gtest.h>

namespace mosaic {
namespace {

TEST(FleetSettings, NothingSetMeansTheSeedsBehaviour) {
  std::vector<std::string> problems;
  const auto settings = FleetSettings::parse({}, problems);
  EXPECT_TRUE(problems.empty());
  EXPECT_EQ(settings.image, "alpine/openclaw:latest");
  EXPECT_EQ(settings.limits.memory_mb, 1536);
  EXPECT_FALSE(settings.sleep.pause);
  EXPECT_FALSE(settings.sleep.hibernate);
}

TEST(FleetSettings, ValuesAreTaken) {
  std::vector<std::string> problems;
  const auto settings = FleetSettings::parse({{"fleet.image", "mosaic/openclaw:local"},
                                              {"fleet.memoryMb", "2048"},
                                              {"fleet.sleep.pause", "true"},
                                              {"fleet.sleep.stopAfterMin", "60"},
                                              {"fleet.drainLimitMin", "1"}},
                                             problems);
  EXPECT_TRUE(problems.empty());
  EXPECT_EQ(settings.image, "mosaic/openclaw:local");
  EXPECT_EQ(settings.limits.memory_mb, 2048);
  EXPECT_TRUE(settings.sleep.pause);
  EXPECT_EQ(settings.sleep.stop_after, std::chrono::minutes(60));
  EXPECT_EQ(settings.drain_limit, std::chrono::minutes(1));
}

TEST(FleetSettings, ARefusedValueIsNamedAndItsDefaultStays) {
  const std::map<std::string, std::string> bad{
      {"fleet.memoryMb", "lots"}, {"fleet.pids", "1"},           {"fleet.sleep.pause", "yes"},
      {"fleet.image", "a b"},     {"fleet.stopGraceSec", "30s"}, {"fleet.unheardOf", "1"}};
  std::vector<std::string> problems;
  const auto settings = FleetSettings::parse(bad, problems);
  EXPECT_EQ(settings, FleetSettings{});
  ASSERT_EQ(problems.size(), bad.size());
  for (const auto& problem : problems)
    EXPECT_NE(problem.find("fleet."), std::string::npos) << problem;
}

}  // namespace
}  // namespace mosaic
