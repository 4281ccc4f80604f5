// What was said comes from the caller's own agent, without waking it, and nothing that an agent answers harms us.
#include "api/gateway/chat_history.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "test/api/chat_house.hpp"

namespace mosaic::test {
namespace {

class ChatHistoryTest : public testing::Test {
 protected:
  static ChatHistorySettings quick() {
    ChatHistorySettings settings;
    settings.limit = std::chrono::milliseconds(300);
    settings.bytes = 20'000;
    return settings;
  }

  Response ask(const std::string& who, const std::string& session = "web:main") {
    Router router;
    NamesGatekeeper gatekeeper;
    GuardedRoutes routes(router, gatekeeper);
    ChatHistory history(house.people, house.box, quick());
    history.add_routes(routes);
    Request request;
    request.method = "GET";
    request.path = "/api/conversations/" + session + "/messages";
    request.fields = {{"authorization", "Bearer " + who}};
    const auto found = router.find(request);
    if (const auto* refused = std::get_if<Response>(&found)) return *refused;
    return std::get<const Route*>(found)->handler(request);
  }

  static std::string type_of(const Response& response) {
    return nlohmann::json::parse(response.body).value("type", "");
  }

  ChatHouse house;
};

TEST_F(ChatHistoryTest, AnAgentThatIsAsleepIsNotWoken) {
  for (const Phase phase : {Phase::stopped, Phase::starting, Phase::paused, Phase::hibernated}) {
    house.put_agent("ada", phase);
    const auto response = ask("ada");
    EXPECT_EQ(response.status, 409);
    EXPECT_EQ(type_of(response), "/problems/agent-asleep");
  }
  EXPECT_EQ(ask("without-agent").status, 409);
  EXPECT_FALSE(house.store.find_agent(house.key_of("ada"))->last_active_at);
}

TEST_F(ChatHistoryTest, WhatWasSaidComesWithTheAgentsOwnTokenAndNothingElseOfIt) {
  FakeAgent agent([](AgentConnection& connection, const ReceivedRequest&) {
    connection.answer(R"({"items": [
      {"role": "user", "content": "Hello", "timestamp": 1767225600000, "__openclaw": {"id": "x"}},
      {"role": "assistant", "content": [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "Hi."}]},
      {"role": "toolResult", "content": "secret"}, "odd", {"role": "user"}], "hasMore": true})");
  });
  house.put_agent("ada", Phase::running, agent.endpoint());
  const auto response = ask("ada", "web:a.b_c-1");
  ASSERT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(response.body,
            R"({"items":[{"role":"user","text":"Hello","at":"2026-01-01T00:00:00.000Z"},)"
            R"({"role":"assistant","text":"Hi.","at":null}],"hasMore":true})"
            "\n");
  ASSERT_EQ(agent.requests().size(), 1U);
  const auto asked = agent.requests().front();
  EXPECT_TRUE(asked.head.starts_with("GET /sessions/web%3Aa.b_c-1/history?limit=200 "))
      << asked.head;
  EXPECT_EQ(asked.field("Authorization"), "Bearer " + gateway_token);
}

TEST_F(ChatHistoryTest, NoNameOfASessionLeadsAnywhereElse) {
  FakeAgent agent(
      [](AgentConnection& connection, const ReceivedRequest&) { connection.answer("{}"); });
  house.put_agent("ada", Phase::running, agent.endpoint());
  for (const auto& name :
       std::vector<std::string>{"..%2Ftools", "a%20b", "a%3Fb", "%00", std::string(129, 'x')})
    EXPECT_EQ(ask("ada", name).status, 404) << name;
  EXPECT_TRUE(agent.requests().empty());
}

TEST_F(ChatHistoryTest, AnAgentThatAnswersOddlyIsTheAgentsFault) {
  for (const std::string body : {"", "null", "[1]", R"({"items": 7})", "{\"items\": [\"\xff\"]}"}) {
    FakeAgent agent(
        [&](AgentConnection& connection, const ReceivedRequest&) { connection.answer(body); });
    house.put_agent("ada", Phase::running, agent.endpoint());
    EXPECT_EQ(ask("ada").status, 502) << body;
  }
}

TEST_F(ChatHistoryTest, AnAgentThatAnswersTooMuchOrTooLateIsGivenUp) {
  FakeAgent large([](AgentConnection& connection, const ReceivedRequest&) {
    connection.answer(std::string(30'000, ' '));
  });
  house.put_agent("ada", Phase::running, large.endpoint());
  EXPECT_EQ(ask("ada").status, 502);
  FakeAgent silent(
      [](AgentConnection& connection, const ReceivedRequest&) { connection.wait_for_end(); });
  house.put_agent("ada", Phase::running, silent.endpoint());
  EXPECT_EQ(ask("ada").status, 502);
}

}  // namespace
}  // namespace mosaic::test
