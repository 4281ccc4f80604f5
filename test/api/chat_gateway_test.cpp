// The chat gateway as its clients and the agents see it.
#include "api/gateway/chat_gateway.hpp"

#include <gtest/gtest.h>

#include <future>
#include <nlohmann/json.hpp>
#include <thread>

#include "test/api/chat_house.hpp"

namespace mosaic::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

const std::string plain_body =
    R"({"model":"openclaw","messages":[{"role":"user","content":"hi"}]})";
const std::string stream_body = R"({"stream":true,"messages":[]})";
const std::string completion = R"({"id":"1","object":"chat.completion","choices":[]})";

void complete(AgentConnection& agent, const ReceivedRequest& request) {
  if (request.body.find("\"stream\":true") == std::string::npos) return agent.answer(completion);
  agent.begin_events();
  agent.send_event("{\"delta\":\"hel\"}");
  agent.send_event("{\"delta\":\"lo\"}");
  agent.send_event("[DONE]");
  agent.end_events();
}

// The body of a chunked answer.
std::string without_chunks(std::string_view text) {
  text.remove_prefix(text.find("\r\n\r\n") + 4);
  std::string body;
  while (true) {
    const auto size = std::stoul(std::string(text.substr(0, text.find('\r'))), nullptr, 16);
    if (size == 0) return body;
    text.remove_prefix(text.find("\r\n") + 2);
    body += text.substr(0, size);
    text.remove_prefix(size + 2);
    if (text.find("\r\n") == std::string_view::npos) return body + "<cut>";
  }
}

bool eventually(const std::function<bool()>& holds) {
  const auto deadline = steady_clock::now() + std::chrono::seconds(5);
  while (!holds()) {
    if (steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

nlohmann::json error_of(const RawResponse& response) {
  return nlohmann::json::parse(response.body).at("error");
}

const std::string closing = "Connection: close\r\n";

TEST(ChatGateway, PassesADocumentByteForByteAndKeepsBothConnections) {
  FakeAgent agent(complete);
  ChatHouse house;
  house.put_agent("ada", Phase::running, agent.endpoint());
  RawClient client(house.port());
  for (int i = 0; i < 5; ++i) {
    client.send(ChatHouse::request(plain_body));
    const auto response = client.read_response();
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, 200);
    EXPECT_EQ(response->body, completion);
    EXPECT_EQ(response->field("Content-Type"), "application/json");
    EXPECT_EQ(response->field("Cache-Control"), "no-store");
  }
  EXPECT_EQ(agent.connections(), 1);
  EXPECT_EQ(agent.requests().size(), 5U);
}

TEST(ChatGateway, PassesEventsByteForByteAsTheyCome) {
  std::promise<void> go_on;
  FakeAgent agent([&](AgentConnection& connection, const ReceivedRequest&) {
    connection.begin_events();
    connection.send_event("{\"first\":1}");
    go_on.get_future().wait();
    connection.send_event("[DONE]");
    connection.end_events();
  });
  ChatHouse house;
  house.put_agent("ada", Phase::running, agent.endpoint());
  RawClient client(house.port());
  client.send(ChatHouse::request(stream_body, "ada", closing));
  auto text = client.read_until("first");
  EXPECT_NE(text.find("Content-Type: text/event-stream\r\n"), std::string::npos);
  EXPECT_NE(text.find("Cache-Control: no-cache, no-transform\r\n"), std::string::npos);
  EXPECT_NE(text.find("X-Accel-Buffering: no\r\n"), std::string::npos);
  EXPECT_NE(house.metrics.render().find("mosaic_open_chat_streams 1"), std::string::npos);
  go_on.set_value();
  text += client.read_to_end();
  EXPECT_EQ(without_chunks(text), "data: {\"first\":1}\n\ndata: [DONE]\n\n");
  EXPECT_TRUE(eventually([&] {
    return house.metrics.render().find("mosaic_open_chat_streams 0") != std::string::npos;
  }));
}

TEST(ChatGateway, NothingOfTheClientsHeaderReachesTheAgentButWhatItMayKnow) {
  FakeAgent agent(complete);
  ChatHouse house;
  house.put_agent("ada", Phase::running, agent.endpoint());
  const auto response = ask_once(
      house.port(),
      ChatHouse::request(plain_body, "ada",
                         "Cookie: sentinel\r\nX-Forwarded-For: sentinel\r\nX-Forwarded-Host: "
                         "sentinel\r\nForwarded: for=sentinel\r\nX-Real-IP: sentinel\r\n"
                         "x-openclaw-scopes: sentinel\r\nx-openclaw-session-key: sentinel\r\n"
                         "x-openclaw-model: sentinel\r\nConnection: keep-alive, x-hop\r\n"
                         "x-hop: sentinel\r\nTE: trailers\r\nProxy-Authorization: sentinel\r\n"
                         "x-mosaic-session: chat-7\r\n"));
  ASSERT_TRUE(response);
  const auto request = agent.requests().at(0);
  EXPECT_EQ(request.head.find("sentinel"), std::string::npos) << request.head;
  EXPECT_EQ(request.head.find("ada"), std::string::npos) << request.head;
  EXPECT_EQ(request.field("authorization"), "Bearer " + gateway_token);
  EXPECT_EQ(request.field("x-openclaw-session-key"), "chat-7");
  EXPECT_EQ(request.field("host"), agent.endpoint());
  EXPECT_EQ(request.field("connection"), "");
  EXPECT_EQ(request.body, plain_body);
}

TEST(ChatGateway, NothingOfTheAgentsHeaderReachesTheClientButWhatItMayKnow) {
  FakeAgent agent([](AgentConnection& connection, const ReceivedRequest&) {
    connection.answer(completion, "application/json", "429 Slow Down",
                      "Set-Cookie: sentinel\r\nLocation: sentinel\r\nConnection: x-hop\r\nx-hop: "
                      "sentinel\r\nServer: sentinel\r\nAccess-Control-Allow-Origin: sentinel\r\n"
                      "Retry-After: 7\r\n");
  });
  ChatHouse house;
  house.put_agent("ada", Phase::running, agent.endpoint());
  const auto response = ask_once(house.port(), ChatHouse::request(plain_body));
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 429);
  EXPECT_EQ(response->field("Retry-After"), "7");
  EXPECT_EQ(response->head.find("sentinel"), std::string::npos) << response->head;
  EXPECT_EQ((response->head + response->body).find(gateway_token), std::string::npos);
}

TEST(ChatGateway, EverybodyReachesTheirOwnAgentAlone) {
  FakeAgent agent_of_ada(
      [](AgentConnection& connection, const ReceivedRequest&) { connection.answer("\"ada\""); });
  FakeAgent agent_of_bob(
      [](AgentConnection& connection, const ReceivedRequest&) { connection.answer("\"bob\""); });
  ChatHouse house;
  house.put_agent("ada", Phase::running, agent_of_ada.endpoint());
  house.put_agent("bob", Phase::running, agent_of_bob.endpoint());
  RawClient client(house.port());
  for (const std::string who : {"ada", "bob", "ada", "bob"}) {
    client.send(ChatHouse::request(plain_body, who));
    EXPECT_EQ(client.read_response()->body, "\"" + who + "\"");
  }
}

TEST(ChatGateway, TurnsAwayInOpenAisWords) {
  ChatHouse house;
  house.put_agent("ada", Phase::running, "127.0.0.1:1");
  for (const bool remembers : {true, false}) {
    house.gatekeeper.remembers = remembers;
    const auto response = ask_once(house.port(), ChatHouse::request(plain_body, "nobody"));
    EXPECT_EQ(response->status, 401);
    EXPECT_EQ(response->field("Content-Type"), "application/json");
    EXPECT_EQ(error_of(*response)["code"], "invalid_api_key");
    EXPECT_EQ(error_of(*response)["type"], "authentication_error");
    EXPECT_TRUE(error_of(*response)["param"].is_null());
  }
  const auto model = ask_once(house.port(), ChatHouse::request(R"({"model":"gpt-4o"})"));
  EXPECT_EQ(model->status, 404);
  EXPECT_EQ(error_of(*model)["code"], "model_not_found");
  EXPECT_EQ(error_of(*model)["param"], "model");
  EXPECT_EQ(ask_once(house.port(), ChatHouse::request("[]"))->status, 400);
  EXPECT_EQ(ask_once(house.port(), ChatHouse::request(plain_body, "ada",
                                                      "Upgrade: websocket\r\nConnection: "
                                                      "Upgrade\r\nSec-WebSocket-Version: 13\r\n"))
                ->status,
            400);
  EXPECT_EQ(ask_once(house.port(),
                     "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer "
                     "ada\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}")
                ->status,
            415);
}

TEST(ChatGateway, AModelOfAProviderGoesInAFieldOfItsOwn) {
  FakeAgent agent(complete);
  ChatHouse house;
  house.put_agent("ada", Phase::running, agent.endpoint());
  const auto response = ask_once(
      house.port(), ChatHouse::request(R"({"user":"me", "model" : "zai/glm-5" ,"messages":[]})"));
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(agent.requests().at(0).field("x-openclaw-model"), "zai/glm-5");
  EXPECT_EQ(agent.requests().at(0).body, R"({"user":"me", "model" : "openclaw" ,"messages":[]})");
}

TEST(ChatGateway, AgentsContentIsJsonOrEventsOrNothing) {
  std::atomic<int> kind = 0;
  FakeAgent agent([&](AgentConnection& connection, const ReceivedRequest&) {
    switch (kind) {
      case 0:
        return connection.answer("<html>sentinel</html>", "text/html");
      case 1:
        return connection.answer("sentinel", "application/json", "302 Found");
      case 2:
        return connection.answer("sentinel", "text/event-stream");
      case 3:
        return connection.answer("sentinel", "application/json", "200 OK",
                                 "Content-Encoding: gzip\r\n");
      case 4:
        connection.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\nsentinel");
        return connection.cut();
      default:
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nsentinel");
    }
  });
  ChatHouse house;
  house.put_agent("ada", Phase::running, agent.endpoint());
  for (; kind < 6; ++kind) {
    const auto response = ask_once(house.port(), ChatHouse::request(plain_body));
    ASSERT_TRUE(response) << kind;
    EXPECT_EQ(response->status, 502) << kind;
    EXPECT_EQ(error_of(*response)["type"], "server_error") << kind;
    EXPECT_EQ((response->head + response->body).find("sentinel"), std::string::npos) << kind;
  }
}

// What an agent may try with two answers on one connection.
TEST(ChatGateway, AnswersThatCouldBeReadTwoWaysAreRefusedAndTheirConnectionIsClosed) {
  const std::string hidden =
      "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
      "10\r\n\r\n\"sentinel\"";
  const std::string begin = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";
  const std::vector<std::string> answers{
      begin + "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
      begin + "Content-Length: 2,2\r\n\r\n{}",
      begin + "Content-Length: +2\r\n\r\n{}",
      begin + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
      begin + "Transfer-Encoding: gzip, chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
      begin +
          "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
      begin + "Transfer-Encoding : chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
      begin + "Transfer-Encoding:\r\n chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
      begin + "Transfer-Encoding: chunked\r\n\r\n2\n{}\r\n0\r\n\r\n",
      begin + "Transfer-Encoding: chunked\r\n\r\nx\r\n{}\r\n0\r\n\r\n",
      begin + "X: a\rb\r\nContent-Length: 2\r\n\r\n{}",
      begin + "X: a\nContent-Length: 2\r\n\r\n{}",
      "HTTP/1.0 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
      "2\r\n{}\r\n0\r\n\r\n",
      "HTTP/2 200\r\n\r\n",
      "HTTP/1.1 2000 OK\r\n\r\n",
      "HTTP/1.1 200 OK\nContent-Length: 2\n\n{}\r\n\r\n",
      "HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\n{}",
      "no HTTP at all\r\n\r\n",
      begin + "X: " + std::string(20'000, 'y') + "\r\n\r\n",
      begin + std::string(20'000, 'y'),
  };
  for (const auto& answer : answers) {
    FakeAgent agent([&](AgentConnection& connection, const ReceivedRequest& request) {
      if (request.connection > 0) return complete(connection, request);
      connection.send(answer + hidden);
    });
    ChatHouse house;
    house.put_agent("ada", Phase::running, agent.endpoint());
    RawClient client(house.port());
    client.send(ChatHouse::request(plain_body));
    const auto first = client.read_response();
    ASSERT_TRUE(first) << answer;
    EXPECT_EQ(first->status, 502) << answer;
    client.send(ChatHouse::request(plain_body));
    const auto second = client.read_response();
    ASSERT_TRUE(second) << answer;
    EXPECT_EQ(second->body, completion) << answer;
    EXPECT_EQ((first->body + second->body).find("sentinel"), std::string::npos) << answer;
    EXPECT_EQ(agent.connections(), 2) << answer;
  }
}

TEST(ChatGateway, BytesBehindAnAnswerAreNobodysAnswer) {
  FakeAgent agent([](AgentConnection& connection, const ReceivedRequest& request) {
    if (request.connection > 0) return complete(connection, request);
    connection.send(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
        "2\r\n\r\n{}HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
        "Content-Length: 10\r\n\r\n\"sentinel\"");
  });
  ChatHouse house;
  house.put_agent("ada", Phase::running, agent.endpoint());
  RawClient client(house.port());
  client.send(ChatHouse::request(plain_body));
  EXPECT_EQ(client.read_response()->body, "{}");
  client.send(ChatHouse::request(plain_body));
  EXPECT_EQ(client.read_response()->body, completion);
}

TEST(ChatGateway, RequestsAreFramedAnewHoweverTheyCame) {
  FakeAgent agent(complete);
  ChatHouse house;
  house.put_agent("ada", Phase::running, agent.endpoint());
  RawClient client(house.port());
  client.send(
      "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ada\r\n"
      "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n1;x=y\r\n{\r\n"
      "1\r\n}\r\n0\r\nAuthorization: Bearer bob\r\n\r\n");
  EXPECT_EQ(client.read_response()->status, 200);
  const auto request = agent.requests().at(0);
  EXPECT_EQ(request.field("content-length"), "2");
  EXPECT_EQ(request.field("transfer-encoding"), "");
  EXPECT_EQ(request.body, "{}");
}

TEST(ChatGateway, ChunkedAndUnframedAnswersAreDocumentsToo) {
  FakeAgent agent([](AgentConnection& connection, const ReceivedRequest& request) {
    const std::string begin = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";
    if (request.connection == 0)
      return (void)connection.send(
          begin + "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n");
    connection.send("HTTP/1.1 100 Continue\r\n\r\n" + begin + "Connection: close\r\n\r\n{}");
    connection.cut();
  });
  ChatHouse house;
  house.put_agent("ada", Phase::running, agent.endpoint());
  for (int i = 0; i < 3; ++i) {
    const auto response = ask_once(house.port(), ChatHouse::request(plain_body));
    ASSERT_TRUE(response);
    EXPECT_EQ(response->body, "{}");
    EXPECT_EQ(response->field("Content-Length"), "2");
    if (i == 0) house.set_status("ada", Phase::running, agent.endpoint());  // another process
  }
}

TEST(ChatGateway, LargeDocumentsPassWithinBounds) {
  const std::string large = "\"" + std::string(3'000'000, 'x') + "\"";
  FakeAgent agent([&](AgentConnection& connection, const ReceivedRequest& request) {
    connection.answer(request.connection == 0 ? large : completion);
  });
  ChatHouse house;
  house.put_agent("ada", Phase::running, agent.endpoint());
  const auto response = ask_once(house.port(), ChatHouse::request(plain_body));
  ASSERT_TRUE(response);
  EXPECT_EQ(response->body, large);
}

TEST(ChatGateway, AStreamHearsHowItsAgentWakes) {
  FakeAgent agent(complete);
  ChatHouse house;
  house.put_agent("ada", Phase::stopped);
  RawClient client(house.port());
  client.send(ChatHouse::request(stream_body, "ada", closing));
  auto text = client.read_until("\"phase\":\"stopped\"");
  EXPECT_NE(text.find("HTTP/1.1 200 OK\r\n"), std::string::npos) << text;
  house.set_status("ada", Phase::starting, "", [](AgentStatus& status) {
    status.start_duration_ms = 9'000;
    status.started_at = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
    set_condition(status, "Ready", ConditionStatus::no, "Starting", "the gateway is booting",
                  TimePoint{});
  });
  text += client.read_until("\"phase\":\"starting\"");
  house.set_status("ada", Phase::running, agent.endpoint());
  text += client.read_to_end();
  const auto body = without_chunks(text);
  EXPECT_TRUE(body.starts_with(": mosaic {\"phase\":")) << body;
  EXPECT_NE(body.find("\"message\":\"the gateway is booting\""), std::string::npos) << body;
  EXPECT_NE(body.find("\"remaining_ms\":"), std::string::npos) << body;
  EXPECT_TRUE(body.ends_with(
      "\n\ndata: {\"delta\":\"hel\"}\n\ndata: {\"delta\":\"lo\"}\n\ndata: [DONE]\n\n"))
      << body;
}

TEST(ChatGateway, AStreamThatWaitsIsNeverSilentForLong) {
  ChatSettings settings;
  settings.comment_interval = milliseconds(20);
  ChatHouse house(settings);
  house.put_agent("ada", Phase::stopped);
  RawClient client(house.port());
  client.send(ChatHouse::request(stream_body, "ada", closing));
  for (int i = 0; i < 4; ++i) EXPECT_NE(client.read_until(": mosaic {"), "");
}

TEST(ChatGateway, AStreamWhoseAgentThinksIsNeverSilentForLong) {
  std::promise<void> go_on;
  FakeAgent agent([&](AgentConnection& connection, const ReceivedRequest&) {
    connection.begin_events();
    connection.send_event("{}");
    connection.send("8\r\ndata: {\"");
    go_on.get_future().wait();
    connection.send("\r\n6\r\na\":1}\n\r\n1\r\n\n\r\n0\r\n\r\n");
  });
  ChatSettings settings;
  settings.comment_interval = milliseconds(20);
  ChatHouse house(settings);
  house.put_agent("ada", Phase::running, agent.endpoint());
  RawClient client(house.port());
  client.send(ChatHouse::request(stream_body, "ada", closing));
  auto text = client.read_until(": mosaic {\"phase\":\"running\"}\n\n");
  text += client.read_until(": mosaic {\"phase\":\"running\"}\n\n");
  go_on.set_value();
  text += client.read_to_end();
  // No comment ever stands within an event.
  EXPECT_TRUE(without_chunks(text).ends_with("\n\ndata: {\"a\":1}\n\n")) << text;
}

TEST(ChatGateway, ARequestWithoutAStreamIsHeldUpToALimit) {
  FakeAgent agent(complete);
  ChatSettings settings;
  settings.hold_limit = milliseconds(60);
  ChatHouse impatient(settings);
  impatient.put_agent("ada", Phase::stopped);
  const auto refused = ask_once(impatient.port(), ChatHouse::request(plain_body));
  EXPECT_EQ(refused->status, 503);
  EXPECT_EQ(refused->field("Retry-After"), "5");
  EXPECT_EQ(error_of(*refused)["code"], "agent_waking");
  ChatHouse patient;
  patient.put_agent("ada", Phase::stopped);
  RawClient client(patient.port());
  client.send(ChatHouse::request(plain_body));
  ASSERT_TRUE(eventually([&] { return patient.desk.waiters() == 1; }));
  patient.set_status("ada", Phase::running, agent.endpoint());
  EXPECT_EQ(client.read_response()->body, completion);
}

TEST(ChatGateway, ARefusalOfTheDeskHasItsStatusWhileNothingWasSaid) {
  ChatHouse house;  // bob has no provider
  const auto response = ask_once(house.port(), ChatHouse::request(stream_body, "bob"));
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 409);
  EXPECT_EQ(error_of(*response)["code"], "agent_not_configured");
}

TEST(ChatGateway, AClientThatGoesAwayEndsItsTurnAtOnce) {
  std::promise<bool> ended;
  FakeAgent agent([&](AgentConnection& connection, const ReceivedRequest&) {
    connection.begin_events();
    connection.send_event("{}");
    ended.set_value(connection.wait_for_end());
  });
  ChatHouse house;
  house.put_agent("ada", Phase::running, agent.endpoint());
  {
    RawClient client(house.port());
    client.send(ChatHouse::request(stream_body));
    client.read_until("data: {}");
  }
  EXPECT_TRUE(ended.get_future().get());
  EXPECT_TRUE(eventually([&] { return house.server->server().open_connections() == 0; }));
}

TEST(ChatGateway, AClientThatGoesAwayBeforeAnyAnswerEndsItsTurnAtOnce) {
  std::promise<bool> ended;
  FakeAgent agent([&](AgentConnection& connection, const ReceivedRequest&) {
    ended.set_value(connection.wait_for_end());
  });
  ChatHouse house;
  house.put_agent("ada", Phase::running, agent.endpoint());
  {
    RawClient client(house.port());
    client.send(ChatHouse::request(plain_body));
    ASSERT_TRUE(eventually([&] { return !agent.requests().empty(); }));
  }
  EXPECT_TRUE(ended.get_future().get());
  EXPECT_EQ(agent.requests().size(), 1U);  // nobody asks again for somebody who has gone
}

TEST(ChatGateway, AClientThatGoesAwayNoLongerWaitsForItsAgent) {
  ChatHouse house;
  house.put_agent("ada", Phase::stopped);
  {
    RawClient client(house.port());
    client.send(ChatHouse::request(plain_body));
    ASSERT_TRUE(eventually([&] { return house.desk.waiters() == 1; }));
  }
  EXPECT_TRUE(eventually([&] { return house.desk.waiters() == 0; }));
}

// Nothing but the change of the account can have ended these: the minute between two looks is not over.
TEST(ChatGateway, ATurnEndsAtOnceWhenItsCallersRightIsTakenAway) {
  std::promise<void> go_on;
  std::promise<bool> ended;
  FakeAgent agent([&](AgentConnection& connection, const ReceivedRequest&) {
    connection.begin_events();
    connection.send_event("{\"first\":1}");
    go_on.get_future().wait();
    connection.send_event("{\"second\":2}");
    ended.set_value(connection.wait_for_end());
  });
  ChatHouse house;
  house.put_agent("ada", Phase::running, agent.endpoint());
  RawClient client(house.port());
  client.send(ChatHouse::request(stream_body, "ada", closing));
  auto text = client.read_until("first");
  house.rights.on_account_changed("ada");  // it still has the right: it goes on
  go_on.set_value();
  text += client.read_until("second");
  house.gatekeeper.revoked = true;
  house.rights.on_account_changed("ada");
  text += client.read_to_end();
  const auto body = without_chunks(text);
  const std::string before = "data: {\"first\":1}\n\ndata: {\"second\":2}\n\ndata: ";
  ASSERT_TRUE(body.starts_with(before)) << body;
  const std::string done = "\n\ndata: [DONE]\n\n";
  ASSERT_TRUE(body.ends_with(done)) << body;
  const auto error =
      nlohmann::json::parse(body.substr(before.size(), body.size() - before.size() - done.size()));
  EXPECT_EQ(error.at("error").at("code"), "invalid_api_key");
  EXPECT_TRUE(ended.get_future().get()) << "the agent still works for somebody who may not";
  EXPECT_TRUE(eventually([&] { return house.ledger.held_agents() == 0; }));
}

TEST(ChatGateway, ARequestThatIsHeldIsToldWhenItsCallersRightIsTakenAway) {
  std::promise<bool> ended;
  FakeAgent agent([&](AgentConnection& connection, const ReceivedRequest&) {
    ended.set_value(connection.wait_for_end());
  });
  ChatHouse house;
  house.put_agent("ada", Phase::running, agent.endpoint());
  RawClient client(house.port());
  client.send(ChatHouse::request(plain_body));
  ASSERT_TRUE(eventually([&] { return !agent.requests().empty(); }));
  house.gatekeeper.revoked = true;
  house.rights.on_accounts_missed();
  const auto response = client.read_response();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 401);
  EXPECT_EQ(error_of(*response)["code"], "invalid_api_key");
  EXPECT_TRUE(ended.get_future().get());
  EXPECT_EQ(agent.requests().size(), 1U);  // nobody asks again for somebody who may not
}

TEST(ChatGateway, WhoeverWaitsForTheirAgentWaitsNoLongerOnceTheirRightIsTakenAway) {
  ChatHouse house;
  house.put_agent("ada", Phase::stopped);
  RawClient held(house.port());
  held.send(ChatHouse::request(plain_body));
  RawClient streaming(house.port());
  streaming.send(ChatHouse::request(stream_body, "ada", closing));
  streaming.read_until(": mosaic {");
  ASSERT_TRUE(eventually([&] { return house.desk.waiters() == 2; }));
  house.gatekeeper.revoked = true;
  house.rights.on_account_changed("ada");
  EXPECT_EQ(held.read_response()->status, 401);
  const auto rest = streaming.read_to_end();
  EXPECT_NE(rest.find("invalid_api_key"), std::string::npos) << rest;
  EXPECT_NE(rest.find("data: [DONE]\n\n"), std::string::npos) << rest;
  EXPECT_TRUE(eventually([&] { return house.desk.waiters() == 0; }));
}

TEST(ChatGateway, HalfADocumentIsCutOffWhenItsCallersRightIsTakenAway) {
  FakeAgent agent([&](AgentConnection& connection, const ReceivedRequest&) {
    connection.send(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: "
        "chunked\r\n\r\n80000\r\n" +
        std::string(0x80000, 'x') + "\r\n");
    connection.wait_for_end();
  });
  ChatHouse house;
  house.put_agent("ada", Phase::running, agent.endpoint());
  RawClient client(house.port());
  client.send(ChatHouse::request(plain_body));
  auto text = client.read_some();
  house.gatekeeper.revoked = true;
  house.rights.on_account_changed("ada");
  text += client.read_to_end();
  EXPECT_FALSE(text.ends_with("0\r\n\r\n"));
  EXPECT_EQ(text.find("error"), std::string::npos);
}

TEST(ChatGateway, ATurnEndsWithinTheMinuteWhenNobodyTellsThatItsCallersRightIsOver) {
  std::promise<void> go_on;
  FakeAgent agent([&](AgentConnection& connection, const ReceivedRequest&) {
    connection.begin_events();
    connection.send_event("{}");
    go_on.get_future().wait();
    connection.send_event("{\"still\":1}");
    connection.wait_for_end();
  });
  StandingRightLimits every_moment;
  every_moment.interval = every_moment.retry = milliseconds(20);
  ChatHouse house({}, quick_limits(), every_moment);
  house.put_agent("ada", Phase::running, agent.endpoint());
  RawClient client(house.port());
  client.send(ChatHouse::request(stream_body, "ada", closing));
  client.read_until("data: {}");
  house.gatekeeper.store_away = true;  // takes nobody's turn away
  house.rights.on_accounts_missed();
  go_on.set_value();
  client.read_until("data: {\"still\":1}");
  house.gatekeeper.revoked = true;
  house.gatekeeper.store_away = false;
  EXPECT_NE(client.read_to_end().find("invalid_api_key"), std::string::npos);
}

TEST(ChatGateway, ASlowClientHoldsItsAgentBack) {
  std::atomic<std::size_t> sent = 0;
  FakeAgent agent([&](AgentConnection& connection, const ReceivedRequest&) {
    const std::string data(16'000, 'x');
    connection.begin_events();
    while (connection.send_event(data)) sent += data.size();
  });
  ServerLimits limits = quick_limits();
  limits.write_timeout = milliseconds(400);
  ChatHouse house({}, limits);
  house.put_agent("ada", Phase::running, agent.endpoint());
  RawClient client(house.port());
  client.send(ChatHouse::request(stream_body));
  client.read_until("data: x");
  // Given up in the end, with no more on the way than the kernel's buffers hold.
  EXPECT_TRUE(eventually([&] { return house.server->server().open_connections() == 0; }));
  EXPECT_TRUE(eventually([&] { return agent.open_connections() == 0; }));
  EXPECT_LT(sent, 16U * 1024 * 1024);
}

TEST(ChatGateway, AnAgentThatDiesBeforeItAnswersIsAskedOnceMore) {
  for (const auto& body : {plain_body, stream_body}) {
    FakeAgent successor(complete);
    ChatHouse house;
    FakeAgent first([&](AgentConnection& connection, const ReceivedRequest&) {
      house.set_status("ada", Phase::running, successor.endpoint());
      if (body == stream_body) connection.begin_events();  // a head is no byte of an answer
      connection.cut();
    });
    house.put_agent("ada", Phase::running, first.endpoint());
    RawClient client(house.port());
    client.send(ChatHouse::request(body, "ada", closing));
    const auto text = client.read_to_end();
    EXPECT_NE(text.find(body == plain_body ? completion : "[DONE]"), std::string::npos) << text;
    EXPECT_EQ(text.find("error"), std::string::npos) << text;
    EXPECT_EQ(successor.requests().size(), 1U);
    EXPECT_EQ(first.requests().size(), 1U);
  }
}

TEST(ChatGateway, AnAgentThatDiesTwiceIsNotAskedAgain) {
  ChatHouse house;
  std::string endpoint;
  FakeAgent agent([&](AgentConnection& connection, const ReceivedRequest&) {
    house.set_status("ada", Phase::running, endpoint);  // another process, no better
    connection.cut();
  });
  endpoint = agent.endpoint();
  house.put_agent("ada", Phase::running, endpoint);
  const auto response = ask_once(house.port(), ChatHouse::request(plain_body));
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 502);
  EXPECT_EQ(error_of(*response)["code"], "agent_failed");
  EXPECT_EQ(agent.requests().size(), 2U);
}

TEST(ChatGateway, AnAgentThatNoLongerListensIsWokenAgain) {
  FakeAgent successor(complete);
  ChatHouse house;
  {
    FakeAgent gone(complete);
    house.put_agent("ada", Phase::running, gone.endpoint());
    EXPECT_EQ(ask_once(house.port(), ChatHouse::request(plain_body))->status, 200);
  }
  RawClient client(house.port());
  client.send(ChatHouse::request(plain_body));
  ASSERT_TRUE(eventually([&] { return house.desk.waiters() == 1; }));
  house.set_status("ada", Phase::running, successor.endpoint());
  EXPECT_EQ(client.read_response()->body, completion);
}

TEST(ChatGateway, AnAgentThatDiesHalfwayEndsTheStreamWithAnErrorThatClientsUnderstand) {
  FakeAgent agent([](AgentConnection& connection, const ReceivedRequest&) {
    connection.begin_events();
    connection.send_event("{\"whole\":1}");
    connection.send("9\r\ndata: {\"h\r\n");
    connection.cut();
  });
  ChatHouse house;
  house.put_agent("ada", Phase::running, agent.endpoint());
  RawClient client(house.port());
  client.send(ChatHouse::request(stream_body, "ada", closing));
  const auto body = without_chunks(client.read_to_end());
  EXPECT_TRUE(body.starts_with("data: {\"whole\":1}\n\ndata: {\"error\":{\"message\":")) << body;
  EXPECT_NE(body.find("\"code\":\"agent_gone\""), std::string::npos) << body;
  EXPECT_TRUE(body.ends_with("}}\n\ndata: [DONE]\n\n")) << body;
  EXPECT_EQ(agent.requests().size(), 1U);
}

TEST(ChatGateway, AFramingErrorHalfwayIsAnErrorAndEndsTheConnection) {
  FakeAgent agent([](AgentConnection& connection, const ReceivedRequest& request) {
    if (request.connection > 0) return complete(connection, request);
    connection.begin_events();
    connection.send_event("{}");
    connection.send("zz\r\n");
  });
  ChatHouse house;
  house.put_agent("ada", Phase::running, agent.endpoint());
  RawClient client(house.port());
  client.send(ChatHouse::request(stream_body, "ada", closing));
  EXPECT_NE(client.read_to_end().find("\"code\":\"agent_failed\""), std::string::npos);
  EXPECT_EQ(ask_once(house.port(), ChatHouse::request(plain_body))->body, completion);
  EXPECT_EQ(agent.connections(), 2);
}

TEST(ChatGateway, ADrainingAgentIsAskedAgainWithinTheLimit) {
  std::atomic<int> refusals = 1;
  FakeAgent agent([&](AgentConnection& connection, const ReceivedRequest& request) {
    if (refusals-- > 0)
      return connection.answer(R"({"error":{"type":"gateway_unavailable"}})", "application/json",
                               "503 Service Unavailable", "Retry-After: 1\r\n");
    complete(connection, request);
  });
  ChatHouse house;
  house.put_agent("ada", Phase::running, agent.endpoint());
  EXPECT_EQ(ask_once(house.port(), ChatHouse::request(plain_body))->body, completion);
  EXPECT_EQ(agent.requests().size(), 2U);
  ChatSettings settings;
  settings.hold_limit = milliseconds(500);
  ChatHouse impatient(settings);
  refusals = 100;
  impatient.put_agent("ada", Phase::running, agent.endpoint());
  const auto response = ask_once(impatient.port(), ChatHouse::request(plain_body));
  EXPECT_EQ(response->status, 503);
  EXPECT_EQ(response->field("Retry-After"), "1");
}

TEST(ChatGateway, OurOwnTokenRefusedIsNeverTheClientsFault) {
  FakeAgent successor(complete);
  ChatHouse house;
  FakeAgent other([&](AgentConnection& connection, const ReceivedRequest&) {
    house.set_status("ada", Phase::running, successor.endpoint());
    connection.answer(R"({"error":{"type":"unauthorized"}})", "application/json",
                      "401 Unauthorized");
  });
  house.put_agent("ada", Phase::running, other.endpoint());
  EXPECT_EQ(ask_once(house.port(), ChatHouse::request(plain_body))->body, completion);
  FakeAgent provider([](AgentConnection& connection, const ReceivedRequest&) {
    connection.answer(R"({"error":{"type":"authentication_error"}})", "application/json",
                      "401 Unauthorized");
  });
  house.put_agent("bob", Phase::running, provider.endpoint());
  EXPECT_EQ(ask_once(house.port(), ChatHouse::request(plain_body, "bob"))->status, 401);
}

TEST(ChatGateway, AnAgentThatSaysNothingIsGivenUp) {
  FakeAgent agent(
      [](AgentConnection& connection, const ReceivedRequest&) { connection.wait_for_end(); });
  ChatSettings settings;
  settings.silence_limit = milliseconds(60);
  settings.comment_interval = milliseconds(20);
  ChatHouse house(settings);
  house.put_agent("ada", Phase::running, agent.endpoint());
  const auto response = ask_once(house.port(), ChatHouse::request(plain_body));
  EXPECT_EQ(response->status, 502);
  EXPECT_EQ(error_of(*response)["code"], "agent_silent");
}

TEST(ChatGateway, OpenStreamsHoldTheirAgent) {
  std::promise<void> go_on;
  FakeAgent agent([&](AgentConnection& connection, const ReceivedRequest&) {
    connection.begin_events();
    connection.send_event("{}");
    go_on.get_future().wait();
    connection.end_events();
  });
  ChatHouse house;
  house.put_agent("ada", Phase::running, agent.endpoint());
  RawClient client(house.port());
  client.send(ChatHouse::request(stream_body, "ada", closing));
  client.read_until("data: {}");
  EXPECT_EQ(house.ledger.held_agents(), 1U);
  EXPECT_GT(house.store.find_agent(house.key_of("ada"))->busy_until, house.clock.now());
  go_on.set_value();
  client.read_to_end();
  EXPECT_TRUE(eventually([&] { return house.ledger.held_agents() == 0; }));
}

TEST(ChatGateway, AMessageThatIsRepeatedUnderItsKeyRunsOnce) {
  FakeAgent agent(complete);
  ChatHouse house;
  house.put_agent("ada", Phase::running, agent.endpoint());
  const auto ask = [&](const std::string& body) {
    return ask_once(house.port(), ChatHouse::request(body, "ada", "Idempotency-Key: one\r\n"));
  };
  EXPECT_EQ(ask(plain_body)->body, completion);
  ASSERT_TRUE(eventually([&] { return ask(plain_body)->status == 200; }));
  const auto again = ask(plain_body);
  EXPECT_EQ(again->body, completion);
  EXPECT_EQ(again->field("Idempotency-Replayed"), "true");
  EXPECT_EQ(agent.requests().size(), 1U);
  const auto other = ask(R"({"messages":[]})");
  EXPECT_EQ(other->status, 422);
  EXPECT_EQ(error_of(*other)["code"], "idempotency_key_reused");
}

TEST(ChatGateway, TwoHundredStreamsAtOnceAreAllWhole) {
  FakeAgent agent([](AgentConnection& connection, const ReceivedRequest& request) {
    connection.begin_events();
    for (int i = 0; i < 20; ++i) connection.send_event(request.body);
    connection.end_events();
  });
  auto limits = quick_limits();
  ChatHouse house({}, limits);
  house.put_agent("ada", Phase::running, agent.endpoint());
  std::list<RawClient> clients;
  for (int i = 0; i < 200; ++i) {
    const auto body = R"({"stream":true,"user":")" + std::to_string(i) + "\"}";
    clients.emplace_back(house.port()).send(ChatHouse::request(body, "ada", closing));
  }
  int number = 0;
  for (auto& client : clients) {
    const auto event = R"(data: {"stream":true,"user":")" + std::to_string(number++) + "\"}\n\n";
    std::string expected;
    for (int i = 0; i < 20; ++i) expected += event;
    EXPECT_EQ(without_chunks(client.read_to_end()), expected);
  }
}

TEST(ChatGateway, ListsTheAgentAndItsModels) {
  ChatHouse house;
  house.put_agent("ada", Phase::stopped);
  const std::string fields = "Authorization: Bearer ada\r\n";
  const auto list = ask_once(house.port(), get_request("/v1/models", fields));
  EXPECT_EQ(list->status, 200);
  const auto body = nlohmann::json::parse(list->body);
  EXPECT_EQ(body["object"], "list");
  EXPECT_EQ(body["data"][0]["id"], "openclaw");
  EXPECT_EQ(body["data"][0]["object"], "model");
  EXPECT_EQ(ask_once(house.port(), get_request("/v1/models/openclaw", fields))->status, 200);
  const auto missing = ask_once(house.port(), get_request("/v1/models/none", fields));
  EXPECT_EQ(missing->status, 404);
  EXPECT_EQ(error_of(*missing)["code"], "model_not_found");
  EXPECT_EQ(ask_once(house.port(), get_request("/v1/models"))->status, 401);
}

struct WrongRequest {
  const char* what;
  std::string bytes;
  int status;
  const char* code;
};

std::vector<WrongRequest> wrong_requests(const std::string& path) {
  const auto begin = " " + path + " HTTP/1.1\r\nHost: a\r\n";
  const std::string key = "Authorization: Bearer ada\r\n";
  return {
      {"nobody's path", "GET " + path + "/nothing HTTP/1.1\r\nHost: a\r\n" + key + "\r\n", 404,
       "not_found"},
      {"another method", "DELETE" + begin + key + "\r\n", 405, "method_not_allowed"},
      {"a body too large", "POST" + begin + key + "Content-Length: 9000000\r\n\r\n", 413,
       "too_large"},
      {"a body too slow", "POST" + begin + key + "Content-Length: 10\r\n\r\n{", 408, "too_slow"},
      {"a header too slow", "POST" + begin, 408, "too_slow"},
      {"a header too large", "POST" + begin + "X: " + std::string(20'000, 'x') + "\r\n\r\n", 431,
       "too_large"},
      {"two hosts", "POST" + begin + "Host: b\r\n\r\n", 400, "invalid_request"},
      {"a wish", "POST" + begin + "Expect: wonders\r\n\r\n", 417, "invalid_request"},
  };
}

ServerLimits impatient_limits() {
  auto limits = quick_limits();
  limits.head_timeout = limits.read_timeout = milliseconds(100);
  return limits;
}

TEST(ChatGateway, WhoeverRefusesARequestUnderV1SaysItAsOpenAiDoes) {
  ChatHouse house({}, impatient_limits());
  for (const auto& wrong : wrong_requests("/v1/chat/completions")) {
    SCOPED_TRACE(wrong.what);
    const auto response = ask_once(house.port(), wrong.bytes);
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, wrong.status);
    EXPECT_EQ(response->field("Content-Type"), "application/json");
    const auto error = error_of(*response);
    EXPECT_EQ(error.size(), 4U);
    EXPECT_FALSE(error.at("message").get<std::string>().empty());
    EXPECT_EQ(error.at("type"), "invalid_request_error");
    EXPECT_EQ(error.at("code"), wrong.code);
    EXPECT_TRUE(error.at("param").is_null());
    EXPECT_EQ(response->field("Allow"), wrong.status == 405 ? "POST" : "");
  }
}

TEST(ChatGateway, OtherPathsKeepTheirProblems) {
  ChatHouse house({}, impatient_limits());
  for (const std::string path : {"/echo", "/v1x"}) {
    for (const auto& wrong : wrong_requests(path)) {
      SCOPED_TRACE(path + ": " + wrong.what);
      const auto response = ask_once(house.port(), wrong.bytes);
      ASSERT_TRUE(response);
      EXPECT_EQ(response->field("Content-Type"), "application/problem+json");
      EXPECT_EQ(nlohmann::json::parse(response->body).at("status"), response->status);
    }
  }
}

TEST(ChatGateway, AServerThatStopsLetsStreamsFinishAndKeepsNobodyWaiting) {
  std::promise<void> go_on;
  FakeAgent agent([&](AgentConnection& connection, const ReceivedRequest&) {
    connection.begin_events();
    connection.send_event("{}");
    go_on.get_future().wait();
    connection.send_event("[DONE]");
    connection.end_events();
  });
  ChatHouse house;
  house.put_agent("ada", Phase::running, agent.endpoint());
  house.put_agent("bob", Phase::stopped);
  RawClient streaming(house.port());
  streaming.send(ChatHouse::request(stream_body));
  streaming.read_until("data: {}");
  RawClient waiting(house.port());
  waiting.send(ChatHouse::request(plain_body, "bob"));
  ASSERT_TRUE(eventually([&] { return house.desk.waiters() == 1; }));
  std::thread stopper([&] { house.server->server().stop(); });
  EXPECT_EQ(waiting.read_response()->status, 503);
  go_on.set_value();
  EXPECT_NE(streaming.read_to_end().find("[DONE]"), std::string::npos);
  stopper.join();
}

}  // namespace
}  // namespace mosaic::test
