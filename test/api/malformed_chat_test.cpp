// Fifty thousand chat requests that were valid once. The gateway must answer every one with something it means, pass on
// nothing but whole requests of its own making, and serve the next client as if nothing had been.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "test/api/chat_house.hpp"
#include "test/api/malformed_attack.hpp"

namespace mosaic::test {
namespace {

const std::vector<std::string> valid_requests{
    ChatHouse::request(R"({"model":"openclaw","messages":[{"role":"user","content":"hi"}]})"),
    ChatHouse::request(R"({"stream":true,"model":"zai/glm-5","user":"u"})"),
    ChatHouse::request("{}", "ada", "x-mosaic-session: s1\r\nX-Forwarded-For: 1.2.3.4\r\n"),
    "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ada\r\nContent-Type: "
    "application/json\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\n{}\r\n0\r\nX: y\r\n\r\n",
    "GET /v1/models HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ada\r\n\r\n",
    "GET /v1/models/openclaw HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ada\r\n\r\n"};

TEST(MalformedChat, FiftyThousandLeaveTheGatewayAndTheAgentAsTheyWere) {
  std::atomic<int> misread = 0;
  FakeAgent agent([&](AgentConnection& connection, const ReceivedRequest& request) {
    const bool ours = request.head.starts_with("POST /v1/chat/completions HTTP/1.1\r\nHost: ") &&
                      request.field("authorization") == "Bearer " + gateway_token &&
                      nlohmann::json::parse(request.body, nullptr, false).is_object();
    if (!ours) ++misread;
    if (request.field("accept") != "text/event-stream") return connection.answer("{}");
    connection.begin_events();
    connection.send_event("[DONE]");
    connection.end_events();
  });
  ChatHouse house;
  house.put_agent("ada", Phase::running, agent.endpoint());
  auto total =
      attack_from_four_threads(house.port(), 20'261'125U, valid_requests, AttackReading::first);
  for (const auto& [status, count] : total)
    EXPECT_TRUE(status >= 100 && status < 500) << status << ": " << count;
  EXPECT_EQ(misread, 0);
  EXPECT_GT(total[200], 0);
  EXPECT_GT(total[400], 0);
  EXPECT_EQ(ask_once(house.port(), ChatHouse::request("{}"))->body, "{}");
}

}  // namespace
}  // namespace mosaic::test
