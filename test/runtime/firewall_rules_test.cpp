#include "runtime/firewall/firewall_rules.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace mosaic {
namespace {

using testing::HasSubstr;
using testing::Not;

FirewallSettings settings() {
  FirewallSettings result;
  result.instance = "1a2b3c4d5e6f";
  result.subnet_range = "10.201.0.0/16";
  result.api_port = 8081;
  return result;
}

// The listing that an untouched host would show after `apply_script`.
FirewallListing listing_after(const FirewallPlan& plan) {
  FirewallListing listing = {{"INPUT", {}}, {"FORWARD", {}}, {"OUTPUT", {}}};
  for (const auto& [chain, rules] : plan.chains) listing[chain] = rules;
  for (const auto& jump : plan.jumps) listing[jump.from].push_back(jump.match + " -j " + jump.to);
  if (plan.uses_docker_user) listing["FORWARD"].push_back("-j DOCKER-USER");
  return listing;
}

TEST(FirewallRules, AllowedDestinationsAreAddressesWithOrWithoutPort) {
  EXPECT_EQ(parse_allowed_destination("10.1.2.3:11434"),
            (AllowedDestination{"10.1.2.3/32", 11434}));
  EXPECT_EQ(parse_allowed_destination("10.1.0.0/16:443"), (AllowedDestination{"10.1.0.0/16", 443}));
  EXPECT_EQ(parse_allowed_destination("10.1.2.3"),
            (AllowedDestination{"10.1.2.3/32", std::nullopt}));
  for (const auto* bad :
       {"", "ollama:11434", "10.1.2.3:", "10.1.2.3:0", "10.1.2.3:70000", "10.1.2.3/33", "10.1.2:80",
        "10.1.2.3 -j ACCEPT", "10.1.2.3:80\n-A INPUT -j ACCEPT", "::1:80"}) {
    EXPECT_FALSE(parse_allowed_destination(bad)) << bad;
  }
}

TEST(FirewallRules, ResolversOfTheLoopbackAreLeftOut) {
  EXPECT_EQ(
      parse_resolvers("# x\nsearch a b\nnameserver 127.0.0.53\nnameserver\t192.168.1.1 # home\n"
                      "nameserver fe80::1\nnameserver 10.0.0.2"),
      (std::vector<std::string>{"192.168.1.1", "10.0.0.2"}));
}

TEST(FirewallRules, RefusesSettingsThatCouldNotStandInARule) {
  EXPECT_NO_THROW(validate(settings()));
  auto bad = settings();
  bad.instance = "x";
  EXPECT_THROW(validate(bad), std::invalid_argument);
  bad = settings();
  bad.subnet_range = "10.201.0.0/16 -j ACCEPT";
  EXPECT_THROW(validate(bad), std::invalid_argument);
  bad = settings();
  bad.api_port = 0;
  EXPECT_THROW(validate(bad), std::invalid_argument);
  bad = settings();
  bad.allowed = {{"10.0.0.1/32\n-A INPUT -j ACCEPT", 80}};
  EXPECT_THROW(validate(bad), std::invalid_argument);
  bad = settings();
  bad.resolvers = {"dns.local"};
  EXPECT_THROW(validate(bad), std::invalid_argument);
}

TEST(FirewallRules, ReadsAListing) {
  const auto listing = parse_listing(
      "-P INPUT ACCEPT\n-N DOCKER-USER\n-A INPUT -i eth0 -j DROP\n-A DOCKER-USER -j RETURN\n");
  EXPECT_EQ(listing,
            (FirewallListing{{"INPUT", {"-i eth0 -j DROP"}}, {"DOCKER-USER", {"-j RETURN"}}}));
}

TEST(FirewallRules, NeverEmptiesTheEnginesOwnChain) {
  const auto plan = plan_ipv4(settings());
  EXPECT_THAT(apply_script(plan, {}), HasSubstr("\n:DOCKER-USER - "));
  const FirewallListing with_engine = {
      {"INPUT", {}}, {"FORWARD", {"-j DOCKER-USER"}}, {"DOCKER-USER", {"-j RETURN"}}};
  EXPECT_THAT(apply_script(plan, with_engine), Not(HasSubstr(":DOCKER-USER")));
  EXPECT_THAT(apply_script(plan, with_engine), Not(HasSubstr("-I FORWARD")));
}

TEST(FirewallRules, ForeignRulesBeforeOursMeanThatTheWallDoesNotStand) {
  const auto plan = plan_ipv4(settings());
  auto listing = listing_after(plan);
  EXPECT_TRUE(stands(plan, listing));
  listing["INPUT"].insert(listing["INPUT"].begin(), "-p tcp -j ACCEPT");
  EXPECT_FALSE(stands(plan, listing));
  listing["INPUT"].front() = "-i mosffffff+ -j MOSAIC-ffffff-INPUT";
  EXPECT_TRUE(stands(plan, listing));
}

TEST(FirewallRules, AnythingMissingMeansThatTheWallDoesNotStand) {
  const auto plan = plan_ipv4(settings());
  for (const auto& [chain, rules] : listing_after(plan)) {
    if (chain == "OUTPUT") continue;
    auto listing = listing_after(plan);
    listing[chain].pop_back();
    EXPECT_FALSE(stands(plan, listing)) << chain;
  }
}

TEST(FirewallRules, ChainsOfAFormerVersionAreReplaced) {
  const auto plan = plan_ipv4(settings());
  auto listing = listing_after(plan);
  listing["MOSAIC-1a2b3c-OLD"] = {"-j ACCEPT"};
  listing["OUTPUT"] = {"-o mos1a2b3c+ -j MOSAIC-1a2b3c-OLD"};
  EXPECT_FALSE(stands(plan, listing));
  const auto script = apply_script(plan, listing);
  EXPECT_THAT(script, HasSubstr("-D OUTPUT -o mos1a2b3c+ -j MOSAIC-1a2b3c-OLD\n"));
  EXPECT_THAT(script, HasSubstr("-X MOSAIC-1a2b3c-OLD\n"));
}

TEST(FirewallRules, RemovalNamesNothingButOurs) {
  const auto plan = plan_ipv4(settings());
  auto listing = listing_after(plan);
  listing["INPUT"].push_back("-i mosffffff+ -j MOSAIC-ffffff-INPUT");
  listing["MOSAIC-ffffff-INPUT"] = {"-j DROP"};
  EXPECT_THAT(removal_script(plan, listing), Not(HasSubstr("ffffff")));
  EXPECT_THAT(removal_script(plan, listing), Not(HasSubstr("-X DOCKER-USER")));
  EXPECT_EQ(removal_script(plan, {{"INPUT", {}}}), "");
}

TEST(FirewallRules, TheEgressProxyIsTheOneWayOutWhereItIs) {
  auto closed = settings();
  closed.resolvers = {"192.168.1.1"};
  closed.proxy_port = 18081;
  const std::string door = "-A MOSAIC-1a2b3c-INPUT -d " + closed.subnet_range +
                           " -p tcp -m tcp --dport 18081 -j ACCEPT\n";
  EXPECT_THAT(apply_script(plan_ipv4(closed), {}), Not(HasSubstr(door)));
  closed.egress = EgressPolicy::proxy;
  const auto script = apply_script(plan_ipv4(closed), {});
  EXPECT_THAT(script, HasSubstr(door));
  EXPECT_THAT(script, Not(HasSubstr("192.168.1.1")));
  EXPECT_THAT(script, HasSubstr("-A MOSAIC-1a2b3c-EGRESS -j DROP\n"));
}

TEST(FirewallRules, NoEgressMeansNoResolverEither) {
  auto closed = settings();
  closed.resolvers = {"192.168.1.1"};
  closed.egress = EgressPolicy::none;
  const auto script = apply_script(plan_ipv4(closed), {});
  EXPECT_THAT(script, Not(HasSubstr("192.168.1.1")));
  EXPECT_THAT(script, HasSubstr("-A MOSAIC-1a2b3c-EGRESS -j DROP\n"));
}

}  // namespace
}  // namespace mosaic
