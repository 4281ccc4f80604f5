#include "api/connection_limit.hpp"

#include <gtest/gtest.h>

namespace mosaic {
namespace {

TEST(ConnectionLimit, CountsPerAddressAndInTotal) {
  ConnectionLimit limit(3, 2);
  auto first = limit.try_acquire("a");
  auto second = limit.try_acquire("a");
  EXPECT_TRUE(first && second);
  EXPECT_FALSE(limit.try_acquire("a"));
  auto third = limit.try_acquire("b");
  EXPECT_TRUE(third);
  EXPECT_FALSE(limit.try_acquire("c"));
  EXPECT_EQ(limit.open(), 3U);
  first.reset();
  EXPECT_TRUE(limit.try_acquire("c"));
  EXPECT_EQ(limit.open(), 2U);
}

}  // namespace
}  // namespace mosaic
