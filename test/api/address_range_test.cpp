#include "api/address_range.hpp"

#include <gtest/gtest.h>

namespace mosaic {
namespace {

TEST(AddressRange, ContainsWhatThePrefixSays) {
  const auto range = AddressRange::parse("10.201.0.0/16");
  ASSERT_TRUE(range);
  EXPECT_TRUE(range->contains("10.201.255.255"));
  EXPECT_TRUE(range->contains("::ffff:10.201.0.1"));
  EXPECT_FALSE(range->contains("10.202.0.0"));
  EXPECT_FALSE(range->contains("nonsense"));
  EXPECT_TRUE(AddressRange::parse("0.0.0.0/0")->contains("203.0.113.9"));
  EXPECT_FALSE(AddressRange::parse("0.0.0.0/0")->contains("2001:db8::1"));
  EXPECT_TRUE(AddressRange::parse("127.0.0.1")->contains("127.0.0.1"));
  EXPECT_FALSE(AddressRange::parse("127.0.0.1")->contains("127.0.0.2"));
  EXPECT_TRUE(AddressRange::parse("fd00::/8")->contains("fd12::1"));
}

TEST(AddressRange, KnowsWhenItIsEverybody) {
  for (const auto* text : {"0.0.0.0/0", "::/0", "::/16", "::ffff:0:0/96"})
    EXPECT_TRUE(AddressRange::parse(text)->is_everybody()) << text;
  for (const auto* text : {"0.0.0.0/1", "128.0.0.0/1", "fd00::/8", "::1"})
    EXPECT_FALSE(AddressRange::parse(text)->is_everybody()) << text;
}

TEST(CanonicalAddress, IsOneSpellingOfAll) {
  EXPECT_EQ(canonical_address("::ffff:192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(canonical_address("192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(canonical_address("2001:0DB8:0000::0001"), "2001:db8::1");
  EXPECT_FALSE(canonical_address("192.0.2"));
  EXPECT_FALSE(canonical_address("localhost"));
}

TEST(AddressRange, MalformedRangesAreRefused) {
  for (const auto* text : {"", "10.0.0.0/33", "10.0.0.1/8", "10.0.0.0/", "10.0.0.0/8x", "10.0.0/8",
                           "a/8", "fd00::/129"}) {
    EXPECT_FALSE(AddressRange::parse(text)) << text;
  }
}

}  // namespace
}  // namespace mosaic
