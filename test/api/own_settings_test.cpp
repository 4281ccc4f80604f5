// What people set about themselves: preferences and their own agent.
#include <gmock/gmock.h>

#include "api/user_agent_creation.hpp"
#include "test/api/management_house.hpp"

namespace mosaic::test {
namespace {

using Preferences = ManagementHouse;
using OwnAgent = ManagementHouse;

TEST_F(Preferences, AreEmptyUntilSetAndThenReplacedWhole) {
  const auto empty = call("alice", "GET", "/api/agent-config");
  EXPECT_EQ(empty.body["primaryModel"], nullptr);
  EXPECT_EQ(empty.tag(), "\"0\"");
  add_provider("alice");
  const auto put = call("alice", "PUT", "/api/agent-config",
                        {{"primaryModel", "first/gpt-5"}, {"personality", "Kind.\nBrief."}},
                        {{"if-match", "\"0\""}});
  EXPECT_EQ(put.status, 200) << put.body;
  EXPECT_EQ(put.tag(), "\"1\"");
  EXPECT_EQ(
      call("alice", "PUT", "/api/agent-config", Json::object(), {{"if-match", "\"0\""}}).status,
      412);
  const auto replaced = call("alice", "PUT", "/api/agent-config", {{"fallbackModels", {"gpt-5"}}});
  EXPECT_EQ(replaced.body["personality"], nullptr);
  EXPECT_EQ(replaced.body["fallbackModels"], (Json{"gpt-5"}));
}

TEST_F(Preferences, TakeOnlyModelsOfActiveProvidersAndSayWhich) {
  const auto none = call("alice", "PUT", "/api/agent-config", {{"primaryModel", "gpt-5"}});
  EXPECT_EQ(none.status, 422);
  EXPECT_THAT(none.response.body, testing::HasSubstr("add a provider first"));
  add_provider("bob", "his");
  add_provider("alice");
  for (const std::string model : {"his/gpt-5", "first/gpt-9", "zai/glm-5"}) {
    const auto answer = call("alice", "PUT", "/api/agent-config", {{"primaryModel", model}});
    EXPECT_EQ(answer.status, 422) << model;
    EXPECT_EQ(answer.body["errors"][0]["field"], "primaryModel");
    EXPECT_THAT(answer.response.body, testing::HasSubstr("first/gpt-5")) << model;
  }
  const auto fallback =
      call("alice", "PUT", "/api/agent-config", {{"fallbackModels", {"first/gpt-5", "nope/x"}}});
  EXPECT_EQ(fallback.body["errors"][0]["field"], "fallbackModels.1");
  const auto his = settings.list_providers("bob")[0].id;
  EXPECT_EQ(call("alice", "PUT", "/api/agent-config", {{"providerId", his}}).status, 422);
}

TEST_F(OwnAgent, IsMadeByTheFirstNeedOfIt) {
  const auto none = call("alice", "GET", "/api/container");
  EXPECT_EQ(none.status, 200);
  EXPECT_EQ(none.body["id"], nullptr);
  EXPECT_EQ(none.body["reason"], "NotMade");
  EXPECT_FALSE(settings.find_user_agent("alice"));
  const auto started = call("alice", "POST", "/api/container/start", Json::object());
  EXPECT_EQ(started.status, 202);
  const auto row = settings.find_user_agent("alice");
  ASSERT_TRUE(row);
  EXPECT_EQ(row->container_name, "mosaic-user-alice");
  EXPECT_EQ(box.decrypt(row->gateway_token).size(), 64U);
  EXPECT_EQ(row->last_active_at, clock.now());
  EXPECT_THAT(started.response.body, testing::Not(testing::HasSubstr("enc:")));
}

TEST_F(OwnAgent, IsNotMadeForWhoMayNotHaveOne) {
  AccountChange change;
  change.agent_allowed = false;
  accounts.update_account("alice", change, std::nullopt);
  EXPECT_EQ(call("alice", "POST", "/api/container/start", Json::object()).type(),
            "/problems/refused-by-rule");
  EXPECT_FALSE(settings.find_user_agent("alice"));
  EXPECT_FALSE(ensure_user_agent(settings, box, *accounts.find_account("alice")));
}

TEST_F(OwnAgent, StopsStartsAndRestartsByDesiredStateAlone) {
  const auto key = run_agent("alice");
  EXPECT_EQ(call("alice", "GET", "/api/container").body["status"], "running");
  EXPECT_EQ(call("alice", "POST", "/api/container/stop", Json::object()).status, 202);
  EXPECT_EQ(rows.find_agent(key)->desired_state, DesiredState::stopped);
  EXPECT_EQ(call("alice", "POST", "/api/container/start", Json::object()).status, 202);
  EXPECT_EQ(rows.find_agent(key)->desired_state, DesiredState::automatic);
  EXPECT_EQ(call("alice", "POST", "/api/container/restart", Json::object()).status, 202);
  EXPECT_EQ(rows.find_agent(key)->restarted_at, clock.now());
}

TEST_F(OwnAgent, GetsAnotherTokenThatNobodyIsToldAndNothingUsesYet) {
  const auto key = run_agent("alice");
  const auto before = *rows.find_agent(key);
  const auto answer = call("alice", "POST", "/api/container/rotate-token", Json::object());
  EXPECT_EQ(answer.status, 202);
  const auto after = *rows.find_agent(key);
  EXPECT_EQ(after.gateway_token, before.gateway_token);
  const auto next = box.decrypt(after.next_gateway_token);
  EXPECT_EQ(next.size(), 64U);
  EXPECT_EQ(answer.response.body.find(next), std::string::npos);
  EXPECT_THAT(answer.response.body, testing::Not(testing::HasSubstr("enc:")));
  const auto audit = call("root", "GET", "/api/audit?action=container.");
  EXPECT_EQ(audit.body["items"][0]["action"], "container.rotate-token");
  EXPECT_EQ(audit.response.body.find(next), std::string::npos);
  rows.request_deletion(key, false, clock.now());
  EXPECT_EQ(call("alice", "POST", "/api/container/rotate-token", Json::object()).type(),
            "/problems/refused-by-rule");
}

TEST_F(OwnAgent, IdlesWithinTheAdminsBounds) {
  call("root", "PUT", "/api/settings/limits",
       {{"idleTimeoutMinMin", 5}, {"idleTimeoutMinMax", 60}});
  for (const int minutes : {4, 61}) {
    EXPECT_EQ(call("alice", "PATCH", "/api/container", {{"idleTimeoutMin", minutes}}).status, 422);
  }
  EXPECT_EQ(call("alice", "PATCH", "/api/container", Json::object()).status, 422);
  EXPECT_EQ(
      call("alice", "PATCH", "/api/container?dryRun=true", {{"idleTimeoutMin", 7}}).body["affects"],
      Json::array());
  EXPECT_FALSE(settings.find_user_agent("alice"));
  const auto answer = call("alice", "PATCH", "/api/container", {{"idleTimeoutMin", 7}});
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.body["idleTimeoutMin"], 7);
}

}  // namespace
}  // namespace mosaic::test
