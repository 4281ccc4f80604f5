#include "http/outbound_guard.hpp"

#include <gtest/gtest.h>

namespace mosaic {
namespace {

OutboundUrl parsed(std::string_view text) {
  auto result = parse_outbound_url(text);
  EXPECT_TRUE(std::holds_alternative<OutboundUrl>(result)) << text;
  return std::holds_alternative<OutboundUrl>(result) ? std::get<OutboundUrl>(result)
                                                     : OutboundUrl{};
}

bool refused(std::string_view address, const OutboundPolicy& policy,
             std::string_view url = "https://example.com") {
  return refuse_address(*IpAddress::parse(address), parsed(url), policy).has_value();
}

TEST(OutboundUrls, AreTakenApart) {
  const auto url = parsed("HTTPS://Example.COM:8443/v1/models?a=b%20c");
  EXPECT_TRUE(url.https);
  EXPECT_EQ(url.host, "example.com");
  EXPECT_EQ(url.port, 8443);
  EXPECT_EQ(url.target, "/v1/models?a=b%20c");
  EXPECT_EQ(url.origin(), "https://example.com:8443");
  EXPECT_EQ(parsed("http://[fd00::1]:11434").host_field(), "[fd00::1]:11434");
  EXPECT_EQ(parsed("https://example.com?x=1").target, "/?x=1");
  EXPECT_EQ(parsed("https://example.com:443/").origin(), "https://example.com");
}

TEST(OutboundUrls, OfAnythingElseAreRefused) {
  for (const auto* text : {"",
                           "example.com",
                           "ftp://example.com",
                           "file:///etc/passwd",
                           "gopher://x",
                           "javascript:alert(1)",
                           "https:/example.com",
                           "https://",
                           "https:///path",
                           "https://user@example.com",
                           "https://user:pw@example.com",
                           "https://example.com@evil.com",
                           "https://example.com\\@evil.com",
                           "https://example.com#@evil.com",
                           "https://exa mple.com",
                           "https://example.com/\r\nX: y",
                           "https://exämple.com",
                           "https://-x.com",
                           "https://x..y",
                           "https://x.",
                           "https://.x",
                           "https://0x7f.0.0.1",
                           "https://0x7f000001",
                           "https://2130706433",
                           "https://017700000001",
                           "https://127.1",
                           "https://1.2.3.4.5",
                           "https://[::1",
                           "https://::1",
                           "https://[127.0.0.1]",
                           "https://[fe80::1%25eth0]",
                           "https://example.com:0",
                           "https://example.com:65536",
                           "https://example.com:",
                           "https://example.com:8o",
                           "https://example.com:22",
                           "https://example.com:25",
                           "https://example.com:2375",
                           "https://example.com:5432",
                           "https://example.com:6379",
                           "https://example.com:10250",
                           "https://a%2eb.com"}) {
    EXPECT_TRUE(std::holds_alternative<OutboundRefusal>(parse_outbound_url(text))) << text;
  }
  EXPECT_TRUE(std::holds_alternative<OutboundRefusal>(
      parse_outbound_url("https://example.com/" + std::string(2048, 'a'))));
}

TEST(OutboundGuard, LetsOnlyPublicAddressesPassByItself) {
  const OutboundPolicy policy;
  EXPECT_FALSE(refused("93.184.216.34", policy));
  EXPECT_FALSE(refused("2606:4700::1111", policy));
  for (const auto* address :
       {"10.0.0.1", "127.0.0.1", "::1", "169.254.169.254", "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe", "::ffff:10.0.0.1", "0.0.0.0", "fd00::1", "fe80::1", "100.64.0.1",
        "168.63.129.16", "224.0.0.1"})
    EXPECT_TRUE(refused(address, policy)) << address;
}

TEST(OutboundGuard, PrivateRangesOpenByTheAllowListAlone) {
  OutboundPolicy policy;
  policy.allowed = {*IpRange::parse("192.168.1.0/24"), *IpRange::parse("169.254.0.0/16"),
                    *IpRange::parse("127.0.0.0/8")};
  EXPECT_FALSE(refused("192.168.1.5", policy));
  EXPECT_FALSE(refused("::ffff:192.168.1.5", policy));
  EXPECT_TRUE(refused("192.168.2.5", policy));
  EXPECT_TRUE(refused("169.254.169.254", policy)) << "link-local is never allowed";
  EXPECT_TRUE(refused("127.0.0.1", policy)) << "loopback is no private range";
}

TEST(OutboundGuard, TheAgentsNetworkIsRefusedEvenWhenPrivateIsAllowed) {
  OutboundPolicy policy;
  policy.private_addresses = true;
  policy.allowed = {*IpRange::parse("10.0.0.0/8")};
  policy.refused = {*IpRange::parse("10.213.0.0/16")};
  EXPECT_TRUE(refused("10.213.4.5", policy));
  EXPECT_TRUE(refused("64:ff9b::ad5:405", policy));
  EXPECT_FALSE(refused("10.1.4.5", policy));
}

TEST(OutboundGuard, ARefusedRangeIsMeantAsItIsWritten) {
  OutboundPolicy policy;
  policy.private_addresses = true;
  policy.refused = {*IpRange::parse("2002::/16"), *IpRange::parse("::10.89.0.2")};
  EXPECT_TRUE(refused("2002:808:808::1", policy));
  EXPECT_TRUE(refused("::10.89.0.2", policy));
  EXPECT_FALSE(refused("8.8.8.8", policy));
}

// Behind 64:ff9b:1::/48 the translator alone knows which bytes are the IPv4 address.
TEST(OutboundGuard, AnAddressThatATranslatorMayReadOtherwiseIsRefused) {
  EXPECT_FALSE(refused("64:ff9b:1::808:808", {}));
  EXPECT_TRUE(refused("64:ff9b:1::7f00:1", {}));
  EXPECT_TRUE(refused("64:ff9b:1:a9fe:a9:fe00:808:808", {}));
  EXPECT_TRUE(refused("64:ff9b:1:1::808:808", {}));
}

TEST(OutboundGuard, OurOwnPortsAreRefusedOnOurOwnAddresses) {
  OutboundPolicy policy;
  policy.loopback = true;
  policy.private_addresses = true;
  policy.own_addresses = {*IpAddress::parse("192.168.1.9")};
  policy.own_ports = {8080, 18080};
  EXPECT_TRUE(refused("192.168.1.9", policy, "http://host:8080"));
  EXPECT_TRUE(refused("127.0.0.1", policy, "http://host:18080"));
  EXPECT_FALSE(refused("192.168.1.9", policy, "http://host:11434"));
  EXPECT_FALSE(refused("192.168.1.10", policy, "http://host:8080"));
}

TEST(OutboundGuard, ServicesBehindUsAreRefusedWhateverIsAllowed) {
  OutboundPolicy policy;
  policy.private_addresses = true;
  policy.own_places = {{*IpRange::parse("10.0.0.7"), 6000}};
  policy.named_places = {{*IpRange::parse("10.0.0.0/8"), std::nullopt}};
  EXPECT_TRUE(refused("10.0.0.7", policy, "http://database:6000"));
  EXPECT_TRUE(refused("::ffff:10.0.0.7", policy, "http://database:6000"));
  EXPECT_FALSE(refused("10.0.0.7", policy, "http://database:6001"));
}

TEST(OutboundGuard, OfThisHostOnlyWhatWasNamedIsAskedWhereTheRestIsRefused) {
  OutboundPolicy policy;
  policy.own_addresses = {*IpAddress::parse("93.184.216.34")};
  policy.own_ports = {8080};
  EXPECT_FALSE(refused("93.184.216.34", policy, "http://host:11434"));
  policy.this_host_refused = true;
  EXPECT_TRUE(refused("93.184.216.34", policy, "http://host:11434"));
  policy.named_places = {{*IpRange::parse("93.184.216.34"), 11434},
                         {*IpRange::parse("93.184.216.34"), 8080}};
  EXPECT_FALSE(refused("93.184.216.34", policy, "http://host:11434"));
  EXPECT_TRUE(refused("93.184.216.34", policy, "http://host:8080")) << "our own port stays ours";
}

TEST(OutboundGuard, HttpOnlyMeansThisHostWhereHttpsIsAskedFor) {
  OutboundPolicy policy;
  policy.https_only = true;
  policy.loopback = true;
  policy.private_addresses = true;
  EXPECT_FALSE(refused("127.0.0.1", policy, "http://localhost:9000"));
  EXPECT_TRUE(refused("10.0.0.1", policy, "http://issuer:9000"));
  EXPECT_FALSE(refused("10.0.0.1", policy, "https://issuer:9000"));
}

TEST(OutboundGuard, OneBadAddressOfANameIsEnough) {
  const auto url = parsed("https://example.com");
  const auto good = *IpAddress::parse("93.184.216.34");
  EXPECT_FALSE(refuse_addresses({good}, url, {}));
  EXPECT_TRUE(refuse_addresses({good, *IpAddress::parse("127.0.0.1")}, url, {}));
  EXPECT_TRUE(refuse_addresses({}, url, {}));
}

}  // namespace
}  // namespace mosaic
