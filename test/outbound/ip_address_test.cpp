#include "http/ip_address.hpp"

#include <gtest/gtest.h>

namespace mosaic {
namespace {

AddressUse use(std::string_view text) {
  const auto address = IpAddress::parse(text);
  EXPECT_TRUE(address) << text;
  return use_of(*address);
}

TEST(IpAddress, TakesOnlyPlainSpellings) {
  for (const auto* text : {"1.2.3.4", "255.255.255.255", "::", "::1", "fd00::1", "::ffff:10.0.0.1"})
    EXPECT_TRUE(IpAddress::parse(text)) << text;
  for (const auto* text : {"", "1.2.3", "01.2.3.4", "0x7f.0.0.1", "2130706433", "1.2.3.4 ",
                           "1.2.3.4.", "fe80::1%eth0", "[::1]", "256.1.1.1", "1.2.3.4/8"})
    EXPECT_FALSE(IpAddress::parse(text)) << text;
  EXPECT_FALSE(IpAddress::parse(std::string_view("1.2.3.4\0x", 9)));
}

TEST(IpAddress, IsJudgedByWhereAPacketEnds) {
  for (const auto* text : {"::ffff:127.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1",
                           "64:ff9b:1::7f00:1", "2002:7f00:1::", "2001:0:1:2:3:4:80ff:fffe"})
    EXPECT_EQ(use(text), AddressUse::loopback) << text;
}

TEST(IpAddress, EveryRangeHasItsUse) {
  const std::pair<const char*, AddressUse> cases[] = {
      {"8.8.8.8", AddressUse::everywhere},
      {"100.63.255.255", AddressUse::everywhere},
      {"172.32.0.1", AddressUse::everywhere},
      {"2606:4700::1111", AddressUse::everywhere},
      {"10.0.0.1", AddressUse::private_range},
      {"172.31.255.255", AddressUse::private_range},
      {"192.168.1.1", AddressUse::private_range},
      {"100.64.0.1", AddressUse::private_range},
      {"fd12::1", AddressUse::private_range},
      {"127.0.0.1", AddressUse::loopback},
      {"127.255.0.1", AddressUse::loopback},
      {"::1", AddressUse::loopback},
      {"169.254.169.254", AddressUse::link_local},
      {"fe80::a9fe:a9fe", AddressUse::link_local},
      {"100.100.100.200", AddressUse::metadata},
      {"168.63.129.16", AddressUse::metadata},
      {"fd00:ec2::254", AddressUse::metadata},
      {"0.0.0.0", AddressUse::nothing_usable},
      {"::", AddressUse::nothing_usable},
      {"224.0.0.1", AddressUse::nothing_usable},
      {"255.255.255.255", AddressUse::nothing_usable},
      {"ff02::1", AddressUse::nothing_usable},
      {"2001:db8::1", AddressUse::nothing_usable},
      {"4000::1", AddressUse::nothing_usable},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(use(text), expected) << text;
}

TEST(IpRange, ContainsByPrefixAndRefusesHostBits) {
  const auto range = IpRange::parse("192.168.0.0/23");
  ASSERT_TRUE(range);
  EXPECT_TRUE(range->contains(*IpAddress::parse("192.168.1.255")));
  EXPECT_FALSE(range->contains(*IpAddress::parse("192.168.2.0")));
  EXPECT_TRUE(IpRange::parse("10.0.0.1")->contains(*IpAddress::parse("10.0.0.1")));
  EXPECT_TRUE(IpRange::parse("0.0.0.0/0")->contains(*IpAddress::parse("9.9.9.9")));
  EXPECT_FALSE(IpRange::parse("0.0.0.0/0")->contains(*IpAddress::parse("fd00::1")));
  for (const auto* text :
       {"10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "fd00::/129", "x"})
    EXPECT_FALSE(IpRange::parse(text)) << text;
}

}  // namespace
}  // namespace mosaic
