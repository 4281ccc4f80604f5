#include "api/handlers/agent_config_handler.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "api/problem.hpp"
#include "secrets/token.hpp"
#include "test/fakes/fake_clock.hpp"
#include "test/fakes/fake_settings_store.hpp"
#include "test/fakes/fake_store.hpp"

namespace mosaic::test {
namespace {

const std::string prefix = "/api/internal/agent-config/";

class AgentConfig : public testing::Test {
 protected:
  AgentConfig() { handler.add_routes(router); }

  // Returns the plaintext token.
  std::string add_agent(const ResourceKey& key, const std::string& owner) {
    const auto token = generate_token();
    AgentRow row;
    row.key = key;
    row.owner = owner;
    row.container_name = "mosaic-" + owner;
    row.gateway_token = box.encrypt(token);
    row.role = key.kind == ResourceKind::system_container ? "operations" : "";
    store.put_agent(row);
    return token;
  }

  void add_provider(const std::string& id, const std::string& owner, const std::string& key) {
    ProviderRow row;
    row.id = id;
    row.owner = owner;
    row.name = "zai";
    row.type = "zai";
    row.api_key = key.empty() ? "" : box.encrypt(key);
    row.models_json = R"([{"id":"glm-5","name":"GLM-5"}])";
    store.put_provider(row);
  }

  Response get(const std::string& path, const std::string& authorization,
               const std::string& accept = "*/*") {
    Request request;
    request.method = "GET";
    request.path = path;
    request.id = "id";
    request.fields = {{"host", "a"}, {"accept", accept}};
    if (!authorization.empty()) request.fields.push_back({"authorization", authorization});
    const auto found = router.find(request);
    if (const auto* response = std::get_if<Response>(&found)) return *response;
    return std::get<const Route*>(found)->handler(request);
  }

  void expect_not_found(const Response& response) {
    const auto expected = not_found_response();
    EXPECT_EQ(response.status, 404);
    EXPECT_EQ(response.body, expected.body);
    EXPECT_EQ(response.fields, expected.fields);
  }

  FakeClock clock;
  FakeStore store{clock};
  FakeAccountStore accounts{clock};
  FakeSettingsStore people{store, accounts};
  SecretBox box{"a secret of more than thirty-two characters"};
  std::ostringstream log;
  AgentConfigHandler handler{store, people, box, Logger::to_stream(log)};
  Router router;
  const ResourceKey alice{ResourceKind::user_container, "c-alice"};
};

TEST_F(AgentConfig, OwnTokenGetsTheWholeConfiguration) {
  const auto token = add_agent(alice, "alice");
  add_provider("p1", "alice", "sk-alice");
  for (const std::string path : {"user/c-alice", "c-alice"}) {
    const auto response = get(prefix + path, "Bearer " + token);
    ASSERT_EQ(response.status, 200) << response.body;
    EXPECT_EQ(*response.find_field("content-type"), "application/json");
    EXPECT_EQ(*response.find_field("cache-control"), "no-store");
    const auto body = nlohmann::json::parse(response.body);
    EXPECT_EQ(body["models"]["providers"]["zai"]["apiKey"], "sk-alice");
    EXPECT_EQ(body["agents"]["defaults"]["model"]["primary"], "zai/glm-5");
    EXPECT_EQ(body["tools"]["profile"], "minimal");
  }
}

TEST_F(AgentConfig, ArchiveWhenItIsAskedFor) {
  const auto token = add_agent(alice, "alice");
  add_provider("p1", "alice", "sk-alice");
  const auto response =
      get(prefix + "user/c-alice", "bearer " + token, "text/html, application/x-tar");
  EXPECT_EQ(*response.find_field("content-type"), "application/x-tar");
  EXPECT_EQ(response.body.substr(0, 13), "openclaw.json");
  EXPECT_THAT(response.body, testing::HasSubstr("workspace/SOUL.md"));
}

TEST_F(AgentConfig, ToolProfileIsTheAdminsSetting) {
  const auto token = add_agent(alice, "alice");
  add_provider("p1", "alice", "sk-alice");
  store.put_setting("fleet.toolProfile", "coding");
  const auto response = get(prefix + "c-alice", "Bearer " + token);
  EXPECT_EQ(nlohmann::json::parse(response.body)["tools"]["profile"], "coding");
}

// Every token against every agent, on both paths and both kinds: only the own one opens, all else
// is the same answer.
TEST_F(AgentConfig, OnlyTheDiagonalOfTokensAndAgentsIsAnswered) {
  std::vector<ResourceKey> keys;
  std::vector<std::string> tokens;
  for (int i = 0; i < 12; ++i) {
    const auto kind = i % 3 == 0 ? ResourceKind::system_container : ResourceKind::user_container;
    const auto owner = "owner" + std::to_string(i);
    keys.emplace_back(kind, "id" + std::to_string(i));
    tokens.push_back(add_agent(keys.back(), owner));
    add_provider("p" + std::to_string(i), owner, "sk-" + owner);
  }
  store.put_breakglass_user("owner0", true);
  for (std::size_t row = 0; row < keys.size(); ++row) {
    for (std::size_t column = 0; column < tokens.size(); ++column) {
      const auto own = row == column;
      const auto bearer = "Bearer " + tokens[column];
      const bool system = keys[row].kind == ResourceKind::system_container;
      const auto exact = get(prefix + (system ? "system/" : "user/") + keys[row].name, bearer);
      const auto brief = get(prefix + keys[row].name, bearer);
      expect_not_found(get(prefix + (system ? "user/" : "system/") + keys[row].name, bearer));
      if (own) {
        // 422: a system agent whose admin has no provider is still told so only with its own token.
        EXPECT_TRUE(exact.status == 200 || exact.status == 422) << exact.status;
        EXPECT_EQ(exact.body, brief.body);
      } else {
        expect_not_found(exact);
        expect_not_found(brief);
      }
    }
  }
}

TEST_F(AgentConfig, EverythingElseIsTheSame404) {
  const auto token = add_agent(alice, "alice");
  add_provider("p1", "alice", "sk-alice");
  const std::vector<std::string> authorizations{"",
                                                token,
                                                "Bearer",
                                                "Bearer ",
                                                "Bearer  " + token,
                                                "Basic " + token,
                                                "Bearer " + token + " ",
                                                "Bearer " + token.substr(1),
                                                "Bearer " + box.encrypt(token),
                                                "Bearer " + std::string(5000, 'x')};
  for (const auto& authorization : authorizations) {
    expect_not_found(get(prefix + "user/c-alice", authorization));
  }
  for (const std::string path :
       {"user/nobody", "orphan/c-alice", "admin/c-alice", "system/c-alice", "nobody", "user/%00",
        "user/c-alice/x", "user/c-alice%2f", "", "user/"}) {
    expect_not_found(get(prefix + path, "Bearer " + token));
  }
  expect_not_found(get(prefix + "user/" + std::string(4000, 'a'), "Bearer " + token));
  expect_not_found(get(prefix + "user/c-alice?token=" + token, ""));
}

TEST_F(AgentConfig, TwoAuthorizationFieldsAreNone) {
  const auto token = add_agent(alice, "alice");
  Request request;
  request.parameters = {{"kind", "user"}, {"id", "c-alice"}};
  request.fields = {{"authorization", "Bearer " + token}, {"authorization", "Bearer " + token}};
  expect_not_found(handler.answer(request));
}

TEST_F(AgentConfig, TokenThatCannotBeDecryptedOpensNothing) {
  add_agent(alice, "alice");
  const std::vector<std::string> unusable{
      "", "plain", "enc:", "enc:AAAA",
      SecretBox("another secret of more than thirty-two").encrypt("t")};
  for (const auto& stored : unusable) {
    ASSERT_TRUE(store.edit_agent(alice, [&](AgentRow& row) { row.gateway_token = stored; }));
    expect_not_found(get(prefix + "c-alice", "Bearer " + stored));
    expect_not_found(get(prefix + "c-alice", "Bearer "));
    expect_not_found(get(prefix + "c-alice", "Bearer t"));
  }
}

TEST_F(AgentConfig, EmptyTokenOpensNothing) {
  add_agent(alice, "alice");
  ASSERT_TRUE(store.edit_agent(alice, [&](AgentRow& row) { row.gateway_token = box.encrypt(""); }));
  expect_not_found(get(prefix + "c-alice", "Bearer "));
}

TEST_F(AgentConfig, RowOnItsWayOutIsGone) {
  const auto token = add_agent(alice, "alice");
  add_provider("p1", "alice", "sk-alice");
  store.request_deletion(alice, false, clock.now());
  expect_not_found(get(prefix + "c-alice", "Bearer " + token));
}

TEST_F(AgentConfig, RotatedTokenStopsWorkingAtOnce) {
  const auto old_token = add_agent(alice, "alice");
  add_provider("p1", "alice", "sk-alice");
  const auto fresh = generate_token();
  ASSERT_TRUE(
      store.edit_agent(alice, [&](AgentRow& row) { row.gateway_token = box.encrypt(fresh); }));
  expect_not_found(get(prefix + "c-alice", "Bearer " + old_token));
  EXPECT_EQ(get(prefix + "c-alice", "Bearer " + fresh).status, 200);
}

TEST_F(AgentConfig, UnusableRowsAreSaidOnlyToTheAgentItself) {
  const auto token = add_agent(alice, "alice");
  const auto response = get(prefix + "c-alice", "Bearer " + token);
  EXPECT_EQ(response.status, 422);
  EXPECT_EQ(*response.find_field("content-type"), "application/problem+json");
  EXPECT_THAT(response.body, testing::HasSubstr("Add a provider with an API key"));
  expect_not_found(get(prefix + "c-alice", "Bearer x"));
}

TEST_F(AgentConfig, ProviderKeyOfAnotherSecretKeyIsSaid) {
  const auto token = add_agent(alice, "alice");
  ProviderRow row;
  row.id = "p1";
  row.owner = "alice";
  row.name = "zai";
  row.type = "zai";
  row.api_key = SecretBox("another secret of more than thirty-two").encrypt("sk");
  row.models_json = R"([{"id":"glm-5"}])";
  store.put_provider(row);
  EXPECT_THAT(get(prefix + "c-alice", "Bearer " + token).body,
              testing::HasSubstr("cannot be decrypted"));
}

TEST_F(AgentConfig, SecretsStayOutOfTheLog) {
  const auto token = add_agent(alice, "alice");
  add_provider("p1", "alice", "!sentinel-key");
  get(prefix + "c-alice", "Bearer " + token);
  add_provider("p1", "alice", "sk-sentinel");
  get(prefix + "c-alice", "Bearer " + token);
  EXPECT_EQ(log.str().find("sentinel"), std::string::npos);
  EXPECT_EQ(log.str().find(token), std::string::npos);
}

TEST_F(AgentConfig, DatabaseThatDoesNotAnswerIsAnException) {
  const auto token = add_agent(alice, "alice");
  store.fail_next();
  EXPECT_THROW(get(prefix + "c-alice", "Bearer " + token), StoreError);
}

// Whoever asks for what is not there causes the same look-ups as for what is.
TEST_F(AgentConfig, ExistenceDoesNotShowInTheLookUps) {
  add_agent(alice, "alice");
  std::vector<std::string> operations;
  store.set_fault_hook([&](std::string_view operation, StoreMoment moment) {
    if (moment == StoreMoment::before) operations.emplace_back(operation);
  });
  const auto look_ups = [&](const std::string& path) {
    operations.clear();
    get(prefix + path, "Bearer wrong");
    return operations;
  };
  EXPECT_EQ(look_ups("user/c-alice"), look_ups("user/nobody"));
  EXPECT_EQ(look_ups("user/c-alice"), look_ups("orphan/nobody"));
  EXPECT_EQ(look_ups("c-alice"), look_ups("nobody"));
}

}  // namespace
}  // namespace mosaic::test
