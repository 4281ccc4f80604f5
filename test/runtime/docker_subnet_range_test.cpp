#include <gtest/gtest.h>

#include <stdexcept>

#include "runtime/docker/subnet_range.hpp"

namespace mosaic {
namespace {

Subnet subnet(const char* text) { return parse_subnet(text).value(); }

TEST(SubnetRange, ReadsOnlySubnets) {
  EXPECT_EQ(to_string(subnet("10.213.7.9/16")), "10.213.0.0/16");
  for (const char* text : {"", "10.0.0.0", "10.0.0/8", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8x",
                           "fd00::/64", "a/8"}) {
    EXPECT_FALSE(parse_subnet(text)) << text;
  }
}

TEST(SubnetRange, CutsTheRangeIntoEqualPieces) {
  const SubnetRange range("10.213.0.0/16", 29);
  EXPECT_EQ(range.count(), 8192U);
  EXPECT_EQ(to_string(range.at(0)), "10.213.0.0/29");
  EXPECT_EQ(to_string(range.at(33)), "10.213.1.8/29");
  EXPECT_EQ(to_string(range.at(8191)), "10.213.255.248/29");
  EXPECT_EQ(gateway_address(range.at(33)), "10.213.1.9");
}

TEST(SubnetRange, GivesTheLowestPieceThatIsFree) {
  const SubnetRange range("10.213.0.0/24", 29);
  EXPECT_EQ(range.lowest_free({}), 0U);
  EXPECT_EQ(range.lowest_free({subnet("10.213.0.0/29"), subnet("10.213.0.16/29")}), 1U);
  EXPECT_EQ(range.lowest_free({subnet("172.17.0.0/16")}), 0U);
}

TEST(SubnetRange, StepsOverLargerAndSmallerSubnetsOfOthers) {
  const SubnetRange range("10.213.0.0/24", 29);
  EXPECT_EQ(range.lowest_free({subnet("10.213.0.0/25")}), 16U);
  EXPECT_EQ(range.lowest_free({subnet("10.213.0.4/30"), subnet("10.213.0.9/32")}), 2U);
  EXPECT_EQ(range.lowest_free({subnet("10.0.0.0/8")}), std::nullopt);
  EXPECT_EQ(range.lowest_free({subnet("0.0.0.0/0")}), std::nullopt);
}

TEST(SubnetRange, IsExhaustedWhenEveryPieceIsTaken) {
  const SubnetRange range("10.213.0.0/28", 29);
  EXPECT_EQ(range.lowest_free({range.at(0)}), 1U);
  EXPECT_EQ(range.lowest_free({range.at(0), range.at(1)}), std::nullopt);
}

TEST(SubnetRange, RefusesWhatCannotWork) {
  EXPECT_THROW(SubnetRange("10.213.0.0", 29), std::invalid_argument);
  EXPECT_THROW(SubnetRange("10.213.0.0/16", 31), std::invalid_argument);
  EXPECT_THROW(SubnetRange("10.213.0.0/30", 29), std::invalid_argument);
  EXPECT_THROW(SubnetRange("0.0.0.0/0", 29), std::invalid_argument);
}

}  // namespace
}  // namespace mosaic
