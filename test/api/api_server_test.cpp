#include "api/api_server.hpp"

#include <gtest/gtest.h>

#include "secrets/token.hpp"
#include "test/api/raw_client.hpp"
#include "test/fakes/fake_clock.hpp"
#include "test/fakes/fake_settings_store.hpp"
#include "test/fakes/fake_store.hpp"

namespace mosaic::test {
namespace {

class Api : public testing::Test {
 protected:
  ApiDependencies dependencies() {
    return {store,
            people,
            box,
            {{"database", [] { return std::optional<std::string>(); }}},
            [] { return "metric 1\n"; },
            Logger::silent()};
  }

  // What a client sees, without the time of day.
  static std::string visible(const std::optional<RawResponse>& response) {
    if (!response) return "nothing";
    auto head = response->head;
    const auto date = head.find("Date: ");
    head.erase(date, head.find("\r\n", date) + 2 - date);
    return head + response->body;
  }

  FakeClock clock;
  FakeStore store{clock};
  FakeAccountStore accounts{clock};
  FakeSettingsStore people{store, accounts};
  SecretBox box{"a secret of more than thirty-two characters"};
};

TEST_F(Api, EveryListenerServesWhatItIsFor) {
  ApiSettings settings;
  ApiListener operators;
  operators.serves_agents = false;
  ApiListener agents;
  agents.serves_operators = false;
  agents.allowed_peers = {"127.0.0.0/8"};
  settings.listeners = {operators, agents};
  ApiServer server(settings, dependencies());
  server.start();
  const auto ports = server.ports();
  ASSERT_EQ(ports.size(), 2U);
  for (const auto* path : {"/livez", "/readyz", "/metrics"}) {
    EXPECT_EQ(ask_once(ports[0], get_request(path))->status, 200) << path;
    EXPECT_EQ(ask_once(ports[1], get_request(path))->status, 404) << path;
  }
  server.stop();
  EXPECT_THROW(RawClient{ports[0]}, std::runtime_error);
}

TEST_F(Api, WhatIsNotThereLooksTheSameToTheByte) {
  AgentRow row;
  row.key = ResourceKey(ResourceKind::user_container, "c1");
  row.owner = "alice";
  row.container_name = "alice";
  const auto token = generate_token();
  row.gateway_token = box.encrypt(token);
  store.put_agent(row);
  ApiServer server(ApiSettings(), dependencies());
  server.start();
  const auto port = server.ports().front();
  const auto ask = [&](const std::string& path, const std::string& bearer) {
    return visible(ask_once(
        port, get_request(path, "X-Request-Id: same\r\nAuthorization: Bearer " + bearer + "\r\n")));
  };
  const auto expected = ask("/no/such/path", "x");
  EXPECT_EQ(expected.substr(0, 12), "HTTP/1.1 404");
  EXPECT_EQ(ask("/api/internal/agent-config/user/c1", "wrong"), expected);
  EXPECT_EQ(ask("/api/internal/agent-config/user/c2", token), expected);
  EXPECT_EQ(ask("/api/internal/agent-config/system/c1", token), expected);
  EXPECT_EQ(ask("/api/internal/agent-config/c2", token), expected);
  EXPECT_EQ(ask("/api/internal/agent-config/user/c1", token).substr(0, 12), "HTTP/1.1 422");
}

TEST_F(Api, MalformedRangeOfPeersIsRefused) {
  ApiSettings settings;
  settings.listeners.front().allowed_peers = {"10.0.0.1/8"};
  EXPECT_THROW(ApiServer(settings, dependencies()), std::invalid_argument);
}

}  // namespace
}  // namespace mosaic::test
