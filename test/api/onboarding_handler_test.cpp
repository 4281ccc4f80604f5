#include <gmock/gmock.h>

#include "test/api/management_house.hpp"

namespace mosaic::test {
namespace {

class Onboarding : public ManagementHouse {
 protected:
  Json admin() { return {{"username", "root"}, {"password", "correct horse battery"}}; }

  Json status() { return call("setup", "GET", "/api/onboarding/status").body; }
};

TEST_F(Onboarding, GoesFromNothingToCompletedStepByStep) {
  EXPECT_EQ(status()["missing"], (Json{"breakglass", "provider"}));
  EXPECT_EQ(call("setup", "POST", "/api/onboarding/breakglass", admin()).status, 200);
  EXPECT_EQ(status()["steps"]["breakglass"], (Json{{"done", true}, {"username", "root"}}));
  EXPECT_EQ(call("setup", "POST", "/api/onboarding/oidc", {{"skip", true}}).status, 200);
  EXPECT_TRUE(status()["steps"]["oidc"]["skipped"].get<bool>());
  const auto made = call("setup", "POST", "/api/onboarding/provider", provider());
  EXPECT_EQ(made.status, 200) << made.body;
  EXPECT_EQ(settings.list_providers(settings.list_breakglass()[0].id).size(), 1U);
  const auto agents = call("setup", "POST", "/api/onboarding/agents",
                           {{"agents", {"main", "operations"}}, {"primaryModel", "first/gpt-5"}});
  EXPECT_EQ(agents.status, 200) << agents.body;
  EXPECT_EQ(agents.body["steps"]["agents"]["items"].size(), 2U);
  EXPECT_EQ(status()["missing"], Json::array());
  EXPECT_EQ(call("setup", "POST", "/api/onboarding/complete", Json::object()).status, 200);
  EXPECT_EQ(settings.read_config("onboarding.completed").begin()->second.value, "true");
}

TEST_F(Onboarding, StepsMayBeRepeated) {
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(call("setup", "POST", "/api/onboarding/breakglass", admin()).status, 200);
    EXPECT_EQ(call("setup", "POST", "/api/onboarding/provider", provider()).status, 200);
    EXPECT_EQ(call("setup", "POST", "/api/onboarding/agents",
                   {{"agents", {"research"}}, {"primaryModel", "gpt-5"}})
                  .status,
              200);
  }
  EXPECT_EQ(settings.list_breakglass().size(), 1U);
  EXPECT_EQ(settings.list_providers(settings.list_breakglass()[0].id).size(), 1U);
  EXPECT_EQ(settings.list_agents({ResourceKind::system_container}).size(), 1U);
}

TEST_F(Onboarding, EveryStepIsRefusedOnceCompleted) {
  call("setup", "POST", "/api/onboarding/breakglass", admin());
  call("setup", "POST", "/api/onboarding/provider", provider());
  call("setup", "POST", "/api/onboarding/complete", Json::object());
  for (const std::string step :
       {"breakglass", "oidc", "provider", "provider/test", "agents", "complete"}) {
    for (const std::string who : {"setup", "root"}) {
      const auto answer = call(who, "POST", "/api/onboarding/" + step, admin());
      EXPECT_EQ(answer.status, 409) << step;
      EXPECT_EQ(answer.type(), "/problems/set-up-completed");
    }
  }
  EXPECT_EQ(call("", "GET", "/api/onboarding/status").body, (Json{{"completed", true}}));
}

TEST_F(Onboarding, StrangersLearnOnlyWhetherItIsCompleted) {
  call("setup", "POST", "/api/onboarding/breakglass", admin());
  for (const std::string who : {"", "alice"}) {
    EXPECT_EQ(call(who, "GET", "/api/onboarding/status").body, (Json{{"completed", false}}));
    EXPECT_EQ(call(who, "POST", "/api/onboarding/breakglass", admin()).status, 401);
  }
}

TEST_F(Onboarding, SaysWhatIsMissingBeforeAStep) {
  const auto early = call("setup", "POST", "/api/onboarding/provider", provider());
  EXPECT_EQ(early.status, 409);
  EXPECT_EQ(early.type(), "/problems/set-up-incomplete");
  EXPECT_EQ(call("setup", "POST", "/api/onboarding/complete", Json::object()).status, 409);
}

TEST_F(Onboarding, StatusShowsNoSecret) {
  call("setup", "POST", "/api/onboarding/breakglass", admin());
  call("setup", "POST", "/api/onboarding/provider", provider());
  call("setup", "POST", "/api/onboarding/oidc",
       {{"issuerUrl", "https://id.example"},
        {"clientId", "mosaic"},
        {"clientSecret", "oidc-sentinel"}});
  const auto text = call("setup", "GET", "/api/onboarding/status").response.body;
  EXPECT_THAT(text, testing::HasSubstr("\"hasSecret\":true"));
  for (const auto* secret : {"sentinel", "enc:", "correct horse", "$2b$"})
    EXPECT_THAT(text, testing::Not(testing::HasSubstr(secret)));
  const auto secret = settings.read_config("oidc.clientSecret").at("oidc.clientSecret");
  EXPECT_TRUE(secret.encrypted);
  EXPECT_EQ(box.decrypt(secret.value), "oidc-sentinel");
}

TEST_F(Onboarding, RefusesPasswordsThatAreTooShortOrTooLong) {
  for (const auto& password : {std::string("short"), std::string(73, 'x')}) {
    const auto answer = call("setup", "POST", "/api/onboarding/breakglass",
                             {{"username", "root"}, {"password", password}});
    EXPECT_EQ(answer.status, 422);
    EXPECT_THAT(answer.response.body, testing::Not(testing::HasSubstr(password)));
  }
}

TEST_F(Onboarding, DefaultAgentsHaveMemoryThatOpenClawIsSafeWith) {
  call("setup", "POST", "/api/onboarding/breakglass", admin());
  call("setup", "POST", "/api/onboarding/provider", provider());
  call("setup", "POST", "/api/onboarding/agents",
       {{"agents", {"main", "projects", "research", "operations"}}, {"primaryModel", "gpt-5"}});
  std::map<std::string, std::int64_t> memory;
  for (const auto& row : settings.list_agents({ResourceKind::system_container}))
    memory[row.owner] = row.memory_mb.value_or(0);
  EXPECT_EQ(memory, (std::map<std::string, std::int64_t>{{"mosaic-main", 2048},
                                                         {"mosaic-operations", 1536},
                                                         {"mosaic-projects", 4096},
                                                         {"mosaic-research", 1536}}));
}

}  // namespace
}  // namespace mosaic::test
