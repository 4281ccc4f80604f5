#include "api/egress/egress_policy.hpp"

#include <gtest/gtest.h>

namespace mosaic::test {
namespace {

OutboundUrl target(const std::string& url) {
  return std::get<OutboundUrl>(parse_outbound_url(url));
}

EgressRules rules(EgressAccess access, const std::string& hosts = "") {
  ProviderRow provider;
  provider.id = "p1";
  provider.name = "main";
  provider.type = "custom";
  provider.base_url = "https://models.example:8443/v1";
  EgressSettings settings;
  settings.user_agents = access;
  settings.hosts = hosts;
  return egress_rules_of(ResourceKind::user_container, settings, {provider});
}

TEST(EgressPolicy, ProvidersAreReachedWhateverThePolicy) {
  const auto provider = target("https://models.example:8443/");
  for (const auto access :
       {EgressAccess::internet, EgressAccess::providers, EgressAccess::listed}) {
    EXPECT_EQ(judge_target(provider, rules(access)), EgressVerdict::allowed_as_provider);
  }
}

TEST(EgressPolicy, AnotherPortOfAProvidersHostIsNotTheProvider) {
  EXPECT_EQ(judge_target(target("https://models.example/"), rules(EgressAccess::providers)),
            EgressVerdict::no_provider);
}

TEST(EgressPolicy, TheListNamesHostsAndNothingBesides) {
  const auto listed = rules(EgressAccess::listed, "a.example *.b.example c.example:8080");
  for (const char* const url : {"https://a.example/", "http://a.example/", "https://x.b.example/",
                                "https://x.y.b.example/", "http://c.example:8080/"}) {
    EXPECT_EQ(judge_target(target(url), listed), EgressVerdict::allowed) << url;
  }
  for (const char* const url :
       {"https://a.example:8443/", "https://x.a.example/", "https://b.example/",
        "https://xb.example/", "https://c.example/", "https://a.example.evil/"}) {
    EXPECT_EQ(judge_target(target(url), listed), EgressVerdict::not_listed) << url;
  }
}

TEST(EgressPolicy, EachKindOfAgentHasItsOwnAccess) {
  EgressSettings settings;
  settings.user_agents = EgressAccess::internet;
  settings.system_agents = EgressAccess::providers;
  const auto anywhere = target("https://anywhere.example/");
  EXPECT_EQ(judge_target(anywhere, egress_rules_of(ResourceKind::user_container, settings, {})),
            EgressVerdict::allowed);
  EXPECT_EQ(judge_target(anywhere, egress_rules_of(ResourceKind::system_container, settings, {})),
            EgressVerdict::no_provider);
}

TEST(EgressPolicy, APatternIsAHostAndNothingThatLooksLikeOne) {
  for (const char* const text :
       {"", "*", "*.", "https://a.example", "a.example/", "a b", "A.example", "a..example",
        "-a.example", "a.example:", "a.example:0", "a.example:65536", "a.*.example", "[::1]"}) {
    EXPECT_FALSE(parse_host_pattern(text)) << text;
  }
}

}  // namespace
}  // namespace mosaic::test
