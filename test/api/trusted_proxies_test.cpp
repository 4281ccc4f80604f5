#include "api/trusted_proxies.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <random>

namespace mosaic {
namespace {

AddressRange range(const char* text) { return AddressRange::parse(text).value(); }

// The proxies 10.0.0.0/8 and fd00::/8; agents of 10.213.0.0/16 are none.
TrustedProxies proxies() {
  return TrustedProxies({range("10.0.0.0/8"), range("fd00::/8")}, {range("10.213.0.0/16")});
}

std::string client_of(std::vector<std::string> forwarded_for, std::string proxy = "10.0.0.1") {
  Request request;
  request.peer_address = std::move(proxy);
  for (auto& value : forwarded_for) request.fields.push_back({"x-forwarded-for", std::move(value)});
  proxies().look_behind(request);
  return request.peer_address;
}

struct Chain {
  const char* name;
  std::vector<std::string> forwarded_for;
  const char* client;
};

void PrintTo(const Chain& chain, std::ostream* out) { *out << chain.name; }

class ForwardedFor : public testing::TestWithParam<Chain> {};

TEST_P(ForwardedFor, GivesTheRightmostAddressThatIsNoProxy) {
  EXPECT_EQ(client_of(GetParam().forwarded_for), GetParam().client);
}

INSTANTIATE_TEST_SUITE_P(
    Chains, ForwardedFor,
    testing::Values(
        Chain{"nothing said", {}, "10.0.0.1"}, Chain{"one client", {"203.0.113.9"}, "203.0.113.9"},
        Chain{"client of IPv6", {"2001:DB8:0:0::7"}, "2001:db8::7"},
        Chain{"mapped client", {"::ffff:203.0.113.9"}, "203.0.113.9"},
        Chain{"with ports", {"[2001:db8::7]:443, 10.0.0.2:8080"}, "2001:db8::7"},
        Chain{"two proxies", {"203.0.113.9, 10.0.0.2"}, "203.0.113.9"},
        Chain{"client claims another address", {"198.51.100.1, 203.0.113.9"}, "203.0.113.9"},
        Chain{"client claims to be a proxy",
              {"198.51.100.1,10.9.9.9,203.0.113.9,10.0.0.2"},
              "203.0.113.9"},
        Chain{"client sends a field of its own", {"198.51.100.1", "203.0.113.9"}, "203.0.113.9"},
        Chain{"proxies only", {"10.0.0.3, fd00::2"}, "10.0.0.3"},
        Chain{"agent within the proxies' range", {"198.51.100.1, 10.213.0.9"}, "10.213.0.9"},
        Chain{
            "no address behind the second proxy", {"198.51.100.1, unknown, 10.0.0.2"}, "10.0.0.2"},
        Chain{"nonsense", {"<script>"}, "10.0.0.1"}, Chain{"empty", {""}, "10.0.0.1"},
        Chain{"ends in a comma", {"203.0.113.9,"}, "10.0.0.1"},
        Chain{"half a bracket", {"[2001:db8::7"}, "10.0.0.1"},
        Chain{"address with a zone", {"fe80::1%eth0"}, "10.0.0.1"}));

TEST(TrustedProxies, AreOnlyThoseThatAreNamed) {
  EXPECT_TRUE(proxies().include("10.1.2.3"));
  EXPECT_TRUE(proxies().include("::ffff:10.1.2.3"));
  EXPECT_FALSE(proxies().include("10.213.0.9"));
  EXPECT_FALSE(proxies().include("192.0.2.1"));
  EXPECT_FALSE(TrustedProxies().include("127.0.0.1"));
}

TEST(TrustedProxies, SayHttpsByExactlyOneField) {
  const auto said = [](std::vector<std::string> protocols) {
    Request request;
    for (auto& value : protocols) request.fields.push_back({"x-forwarded-proto", std::move(value)});
    proxies().look_behind(request);
    return request.forwarded_https;
  };
  EXPECT_TRUE(said({"https"}));
  EXPECT_FALSE(said({}));
  EXPECT_FALSE(said({"http"}));
  EXPECT_FALSE(said({"https", "http"}));
  EXPECT_FALSE(said({"https, http"}));
}

// Whatever a client writes to the left of what the proxy adds.
TEST(TrustedProxies, NoInventedBeginningChangesWhoItIs) {
  std::mt19937 random(7);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same cases in every run
  const std::string letters = "0123456789.:,[] \tabcdef%-x";
  for (int round = 0; round < 10'000; ++round) {
    std::string invented;
    for (auto length = random() % 40; length > 0; --length)
      invented += letters[random() % letters.size()];
    EXPECT_EQ(client_of({invented + ", 203.0.113.9"}), "203.0.113.9") << invented;
    EXPECT_EQ(client_of({invented, "203.0.113.9, 10.0.0.2"}), "203.0.113.9") << invented;
    EXPECT_TRUE(canonical_address(client_of({invented}))) << invented;
  }
}

}  // namespace
}  // namespace mosaic
