#include <gmock/gmock.h>

#include "test/api/management_house.hpp"

namespace mosaic::test {
namespace {

using Providers = ManagementHouse;

TEST_F(Providers, AreTheirOwnersAlone) {
  const auto id = add_provider("alice");
  EXPECT_EQ(call("alice", "GET", "/api/providers").body["items"].size(), 1U);
  for (const std::string other : {"bob", "root"}) {
    EXPECT_EQ(call(other, "GET", "/api/providers").body["items"].size(), 0U) << other;
    for (const std::string method : {"GET", "DELETE"})
      EXPECT_EQ(call(other, method, "/api/providers/" + id).status, 404) << other << method;
    EXPECT_EQ(call(other, "PUT", "/api/providers/" + id, provider()).status, 404);
    EXPECT_EQ(call(other, "POST", "/api/providers/" + id + "/test", Json::object()).status, 404);
    EXPECT_EQ(call(other, "GET", "/api/providers/" + id + "/models").status, 404);
  }
  EXPECT_EQ(call("", "GET", "/api/providers").status, 401);
}

TEST_F(Providers, TakeAKeyAndNeverGiveItBack) {
  const auto created = call("alice", "POST", "/api/providers", provider());
  const auto id = created.body["id"].get<std::string>();
  EXPECT_TRUE(created.body["hasKey"].get<bool>());
  for (const auto& answer :
       {created, call("alice", "GET", "/api/providers"),
        call("alice", "GET", "/api/providers/" + id),
        call("alice", "PUT", "/api/providers/" + id, provider()),
        call("alice", "POST", "/api/providers/" + id + "/test", Json::object())}) {
    EXPECT_THAT(answer.response.body, testing::Not(testing::HasSubstr("sentinel")));
    EXPECT_THAT(answer.response.body, testing::Not(testing::HasSubstr("enc:")));
  }
  EXPECT_EQ(box.decrypt(provider_row("alice", id).api_key), "sk-sentinel-1234");
}

TEST_F(Providers, KeepTheirKeyThroughAnEditThatDoesNotSpeakOfIt) {
  const auto id = add_provider("alice");
  auto edit = provider();
  edit.erase("apiKey");
  edit["displayName"] = "Another";
  const auto answer = call("alice", "PUT", "/api/providers/" + id, edit);
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_TRUE(answer.body["hasKey"].get<bool>());
  EXPECT_EQ(box.decrypt(provider_row("alice", id).api_key), "sk-sentinel-1234");
}

TEST_F(Providers, AreNotWrittenByAnEditThatSaysWhatIsSo) {
  const auto id = add_provider("alice");
  const auto before = provider_row("alice", id);
  const auto dry = call("alice", "PUT", "/api/providers/" + id + "?dryRun=true", provider());
  EXPECT_EQ(dry.body["changes"], false) << dry.body;
  EXPECT_EQ(call("alice", "PUT", "/api/providers/" + id, provider()).status, 200);
  EXPECT_EQ(provider_row("alice", id).generation, before.generation);
  EXPECT_EQ(provider_row("alice", id).api_key, before.api_key);
  auto edit = provider();
  edit["apiKey"] = "sk-sentinel-5678";
  EXPECT_EQ(call("alice", "PUT", "/api/providers/" + id + "?dryRun=true", edit).body["changes"],
            true);
  EXPECT_EQ(call("alice", "PUT", "/api/providers/" + id, edit).status, 200);
  EXPECT_EQ(box.decrypt(provider_row("alice", id).api_key), "sk-sentinel-5678");
}

TEST_F(Providers, LoseTheirKeyWithAnotherAddressOrType) {
  const auto id = add_provider("alice");
  auto edit = provider();
  edit.erase("apiKey");
  edit["baseUrl"] = "https://elsewhere.example/v1";
  const auto refused = call("alice", "PUT", "/api/providers/" + id, edit);
  EXPECT_EQ(refused.status, 422);
  EXPECT_EQ(refused.body["errors"][0]["field"], "apiKey");
  EXPECT_EQ(box.decrypt(provider_row("alice", id).api_key), "sk-sentinel-1234");

  edit["type"] = "custom";  // which needs none
  const auto voided = call("alice", "PUT", "/api/providers/" + id, edit);
  EXPECT_EQ(voided.status, 200) << voided.body;
  EXPECT_FALSE(voided.body["hasKey"].get<bool>());
  EXPECT_EQ(provider_row("alice", id).api_key, "");
}

TEST_F(Providers, AreJudgedAlikeWhenMadeAndWhenChanged) {
  const auto id = add_provider("alice");
  const auto wrong = [&](const char* field, const Json& value) {
    auto body = provider();
    body[field] = value;
    const auto made = call("alice", "POST", "/api/providers", body);
    const auto changed = call("alice", "PUT", "/api/providers/" + id, body);
    EXPECT_EQ(made.status, 422) << field << value;
    EXPECT_EQ(changed.status, 422) << field << value;
    EXPECT_EQ(made.body["errors"], changed.body["errors"]);
    EXPECT_TRUE(made.body["errors"][0]["field"].get<std::string>().starts_with(field))
        << made.body["errors"];
  };
  wrong("name", "a/b");
  wrong("name", "");
  wrong("type", "telnet");
  wrong("baseUrl", "ftp://example.com");
  wrong("baseUrl", "https://user:password@example.com");
  wrong("baseUrl", "https://example.com?key=1");
  wrong("apiType", "soap");
  wrong("apiKey", "two\nlines");
  wrong("models", Json::array({{{"name", "no id"}}}));
  wrong("models", Json::array({{{"id", "a"}}, {{"id", "a"}}}));
  wrong("models", Json::array({{{"id", "a"}, {"contextWindow", 0}}}));
  wrong("models", Json::array({{{"id", "a"}, {"secret", 1}}}));
  wrong("owner", "bob");
}

TEST_F(Providers, AreNotOverwrittenByWhoHasNotSeenThem) {
  const auto id = add_provider("alice");
  const auto seen = call("alice", "GET", "/api/providers/" + id).tag();
  EXPECT_EQ(seen, "\"1\"");
  const auto path = "/api/providers/" + id;
  auto edit = provider();
  edit["displayName"] = "Another";
  EXPECT_EQ(call("alice", "PUT", path, edit, {{"if-match", seen}}).status, 200);
  const auto late = call("alice", "PUT", path, edit, {{"if-match", seen}});
  EXPECT_EQ(late.status, 412);
  EXPECT_EQ(late.type(), "/problems/changed-meanwhile");
  EXPECT_EQ(call("alice", "DELETE", path, {}, {{"if-match", seen}}).status, 412);
  EXPECT_EQ(call("alice", "DELETE", path, {}, {{"if-match", "W/\"2\""}}).status, 412);
  EXPECT_EQ(call("alice", "DELETE", path, {}, {{"if-match", "\"2\""}}).status, 200);
}

TEST_F(Providers, SayWhatAChangeWouldRestartWithoutWritingIt) {
  const auto id = add_provider("alice");
  call("alice", "PUT", "/api/agent-config", {{"primaryModel", "first/gpt-5"}});
  const auto key = run_agent("alice");
  auto edit = provider();
  edit["apiKey"] = "sk-another";
  const auto before = provider_row("alice", id);
  const auto dry = call("alice", "PUT", "/api/providers/" + id + "?dryRun=true", edit);
  ASSERT_EQ(dry.status, 200) << dry.body;
  ASSERT_EQ(dry.body["affects"].size(), 1U) << dry.body;
  EXPECT_EQ(dry.body["affects"][0]["agent"]["id"], key.name);
  EXPECT_NE(dry.body["affects"][0]["effect"], "none");
  EXPECT_EQ(provider_row("alice", id).generation, before.generation);
  const auto written = call("alice", "PUT", "/api/providers/" + id, edit);
  EXPECT_EQ(written.body["effects"], dry.body["affects"]);

  const auto gone = call("alice", "DELETE", "/api/providers/" + id + "?dryRun=true");
  EXPECT_TRUE(gone.body["affects"][0].contains("problem"));
  EXPECT_EQ(settings.list_providers("alice").size(), 1U);
}

TEST_F(Providers, AreTestedWhereTheyAreAndAnswerAClassOnly) {
  probes.result.outcome = ProbeOutcome::unauthorized;
  probes.result.models.clear();
  rows.put_setting("fleet.providerPrivateRanges", "192.168.1.0/24 10.0.0.5/32");
  const auto answer = call(
      "alice", "POST", "/api/providers/test",
      {{"type", "custom"}, {"baseUrl", "http://192.168.1.5:8000/v1"}, {"apiKey", "sk-sentinel"}});
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.body["outcome"], "unauthorized");
  EXPECT_FALSE(answer.body["ok"].get<bool>());
  EXPECT_EQ(probes.target.api_key, "sk-sentinel");
  EXPECT_EQ(probes.target.base_url, "http://192.168.1.5:8000/v1");
  EXPECT_EQ(probes.target.private_ranges,
            (std::vector<std::string>{"192.168.1.0/24", "10.0.0.5/32"}));
}

TEST_F(Providers, ListWhatTheyOffer) {
  const auto id = add_provider("alice");
  EXPECT_EQ(call("alice", "GET", "/api/providers/" + id + "/models").body["items"],
            (Json::array({{{"id", "m1"}, {"name", "Model 1"}}})));
  probes.result.outcome = ProbeOutcome::timeout;
  const auto away = call("alice", "GET", "/api/providers/" + id + "/models");
  EXPECT_EQ(away.status, 502);
  EXPECT_EQ(away.type(), "/problems/provider-failed");
}

TEST_F(Providers, LeaveANoteOfEveryChange) {
  const auto id = add_provider("alice");
  auto edit = provider();
  edit["displayName"] = "Another";
  call("alice", "PUT", "/api/providers/" + id, edit);
  call("alice", "DELETE", "/api/providers/" + id);
  std::vector<std::string> actions;
  for (const auto& entry : accounts.audit({})) {
    actions.insert(actions.begin(), entry.action);
    EXPECT_EQ(entry.actor_id, "alice");
    EXPECT_THAT(entry.detail, testing::Not(testing::HasSubstr("sentinel")));
  }
  EXPECT_EQ(actions,
            (std::vector<std::string>{"provider.create", "provider.update", "provider.delete"}));
}

TEST(ProviderProbe, AsksEachTypeInItsOwnWay) {
  const auto asked = [](const char* type, const char* api, const char* url) {
    return probe_request({type, api, url, "key", {}});
  };
  const auto openai = asked("openai", "openai-completions", "https://api.openai.com/v1");
  EXPECT_EQ(openai.url, "https://api.openai.com/v1/models");
  EXPECT_EQ(openai.fields.back(),
            (std::pair<std::string, std::string>("Authorization", "Bearer key")));
  const auto anthropic = asked("anthropic", "anthropic-messages", "https://api.anthropic.com");
  EXPECT_EQ(anthropic.url, "https://api.anthropic.com/v1/models?limit=500");
  EXPECT_EQ(anthropic.fields.back(), (std::pair<std::string, std::string>("x-api-key", "key")));
  EXPECT_EQ(asked("ollama", "openai-completions", "http://10.0.0.2:11434/v1").url,
            "http://10.0.0.2:11434/api/tags");
}

TEST(ProviderProbe, TellsOnlyTheClassOfAnAnswer) {
  const ProbeTarget target;
  EXPECT_EQ(judge_answer(target, 401, "secrets").outcome, ProbeOutcome::unauthorized);
  EXPECT_EQ(judge_answer(target, 302, "").outcome, ProbeOutcome::not_found);
  EXPECT_EQ(judge_answer(target, 404, "").outcome, ProbeOutcome::not_found);
  EXPECT_EQ(judge_answer(target, 500, "").outcome, ProbeOutcome::server_error);
  EXPECT_EQ(judge_answer(target, 200, "<html>").outcome, ProbeOutcome::not_found);
  const auto listed = judge_answer(
      target, 200, R"({"data":[{"id":"b"},{"id":"a","display_name":"A"},{"no":1},3]})");
  EXPECT_EQ(listed.outcome, ProbeOutcome::reachable);
  ASSERT_EQ(listed.models.size(), 2U);
  EXPECT_EQ(listed.models[0].name, "A");
  EXPECT_EQ(judge_answer(target, 200, R"({"models":[{"name":"qwen3:8b"}]})").models[0].id,
            "qwen3:8b");
}

}  // namespace
}  // namespace mosaic::test
