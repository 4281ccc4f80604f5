// Fifty thousand chat requests that were valid once. The gateway must answer every one with something it means, pass on
// nothing but whole requests of its own making, and serve the next client as if nothing had been.
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <thread>

#include "test/api/chat_house.hpp"
#include "test/api/mutated_request.hpp"

namespace mosaic::test {
namespace {

constexpr int threads = 4;
constexpr int requests_per_thread = 12'500;

const std::vector<std::string> valid_requests{
    ChatHouse::request(R"({"model":"openclaw","messages":[{"role":"user","content":"hi"}]})"),
    ChatHouse::request(R"({"stream":true,"model":"zai/glm-5","user":"u"})"),
    ChatHouse::request("{}", "ada", "x-mosaic-session: s1\r\nX-Forwarded-For: 1.2.3.4\r\n"),
    "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ada\r\nContent-Type: "
    "application/json\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\n{}\r\n0\r\nX: y\r\n\r\n",
    "GET /v1/models HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ada\r\n\r\n",
    "GET /v1/models/openclaw HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ada\r\n\r\n"};

// Several requests on one connection, then the end: whatever state they left, closing must end it.
void attack(std::uint16_t port, std::uint64_t seed, std::map<int, int>& statuses) {
  Random random(seed);
  int sent = 0;
  while (sent < requests_per_thread) {
    std::string batch;
    for (int i = 0; i < 25; ++i, ++sent) batch += mutated(random, valid_requests);
    RawClient client(port);
    client.send(batch);
    // A client that ends its side counts as gone, so it waits for what comes first.
    std::string answers;
    for (bool more = client.has_input(); more; more = client.has_input()) {
      const auto piece = client.read_some();
      answers += piece;
      if (piece.empty()) break;
    }
    client.close_sending();
    answers += client.read_to_end();
    for (auto at = answers.find("HTTP/1.1 "); at != std::string::npos;
         at = answers.find("HTTP/1.1 ", at + 1)) {
      // A refusal may speak of versions, but never of a version and a status.
      const int status = std::atoi(answers.c_str() + at + 9);
      if (status != 0) ++statuses[status];
    }
  }
}

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
  std::vector<std::map<int, int>> statuses(threads);
  std::vector<std::thread> attackers;
  for (int i = 0; i < threads; ++i) {
    attackers.emplace_back([&, i] {
      attack(house.port(), 20'261'125U + static_cast<unsigned>(i),
             statuses[static_cast<std::size_t>(i)]);
    });
  }
  for (auto& attacker : attackers) attacker.join();
  std::map<int, int> total;
  for (const auto& one : statuses) {
    for (const auto& [status, count] : one) total[status] += count;
  }
  for (const auto& [status, count] : total)
    EXPECT_TRUE(status >= 100 && status < 500) << status << ": " << count;
  EXPECT_EQ(misread, 0);
  EXPECT_GT(total[200], 0);
  EXPECT_GT(total[400], 0);
  EXPECT_EQ(ask_once(house.port(), ChatHouse::request("{}"))->body, "{}");
}

}  // namespace
}  // namespace mosaic::test
