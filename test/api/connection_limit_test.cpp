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

TEST(ConnectionLimit, CountsWhatComesThroughProxiesForItsClients) {
  ConnectionLimit limit(3, 1);
  auto first = limit.try_acquire_for_proxy();
  auto second = limit.try_acquire_for_proxy();
  EXPECT_TRUE(first && second);
  auto request = limit.try_acquire_for_request("a");
  EXPECT_TRUE(request);
  EXPECT_FALSE(limit.try_acquire_for_request("a"));
  EXPECT_FALSE(limit.try_acquire("a"));
  EXPECT_EQ(limit.open(), 2U);
  auto other = limit.try_acquire("b");
  EXPECT_TRUE(other);
  EXPECT_FALSE(limit.try_acquire_for_proxy());
  request.reset();
  EXPECT_TRUE(limit.try_acquire_for_request("a"));
}

}  // namespace
}  // namespace mosaic
