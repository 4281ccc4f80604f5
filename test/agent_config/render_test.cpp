#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "agent_config/rendered_config.hpp"
#include "test/agent_config/config_cases.hpp"

namespace mosaic::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;

const std::string two_models = R"([{"id":"a"},{"id":"b","name":"B"}])";

ConfigCase two_providers() {
  ConfigCase row{"two", user_source(), {}, {}};
  row.source.providers = {provider("one", "zai", two_models),
                          provider("two", "openai", two_models)};
  row.keys = {{"id-one", "k1"}, {"id-two", "k2"}};
  return row;
}

RenderedConfig render(const ConfigCase& row) {
  return render_agent_config(row.source, row.keys, row.settings);
}

std::string primary_of(ConfigCase row, const std::string& reference) {
  row.source.primary_model = reference;
  return render(row).primary_model;
}

std::string problem_of(const ConfigCase& row) {
  const auto config = render(row);
  EXPECT_TRUE(config.openclaw_json.empty());
  return config.problem.value_or("none");
}

TEST(RenderedModel, IsResolvedByNameThenByTypeThenByTheDefaultProvider) {
  auto row = two_providers();
  EXPECT_EQ(primary_of(row, "two/b"), "two/b");
  EXPECT_EQ(primary_of(row, "openai/b"), "two/b");
  EXPECT_EQ(primary_of(row, "b"), "one/b");
  EXPECT_EQ(primary_of(row, ""), "one/a");
  row.source.provider_id = "id-two";
  EXPECT_EQ(primary_of(row, "b"), "two/b");
  EXPECT_EQ(primary_of(row, ""), "two/a");
}

TEST(RenderedProviders, WithInjectedKeysNoKeyAndNoAddressIsInTheText) {
  auto row = two_providers();
  row.source.providers[0].base_url = "https://provider.example/v1";
  row.keys = {{"id-one", "sentinel-one"}, {"id-two", "sentinel-two"}};
  FleetSettings fleet;
  fleet.provider_keys = ProviderKeys::injected;
  row.settings = render_settings_of(fleet);
  const auto config = render(row);
  ASSERT_FALSE(config.problem) << *config.problem;
  EXPECT_EQ(config.openclaw_json.find("sentinel"), std::string::npos);
  EXPECT_EQ(config.openclaw_json.find("provider.example"), std::string::npos);
  const auto provider = json::parse(config.openclaw_json)["models"]["providers"]["one"];
  EXPECT_EQ(provider["baseUrl"],
            "${MOSAIC_API_URL}/api/internal/providers/${AGENT_KIND}/${AGENT_ID}/one");
  EXPECT_EQ(provider["apiKey"], "${OPENCLAW_GATEWAY_TOKEN}");
  // What is missing is said as ever, and another key is no change of the agent's.
  const auto before = config.openclaw_json;
  row.keys["id-one"] = "another";
  EXPECT_EQ(render(row).openclaw_json, before);
  row.keys.clear();
  EXPECT_TRUE(render(row).problem);
}

TEST(RenderedModel, NameWinsOverType) {
  auto row = two_providers();
  row.source.providers[1].name = "zai";
  EXPECT_EQ(primary_of(row, "zai/a"), "zai/a");
}

TEST(RenderedModel, TypeMeansItsFirstUsableProvider) {
  auto row = two_providers();
  row.source.providers.insert(row.source.providers.begin(),
                              provider("keyless", "openai", two_models));
  EXPECT_EQ(primary_of(row, "openai/a"), "two/a");
}

TEST(RenderedModel, LongestProviderNameWithSlashesIsMeant) {
  auto row = two_providers();
  row.source.providers[1].name = "one/more";
  EXPECT_EQ(primary_of(row, "one/more/b"), "one-more/b");
}

TEST(RenderedModel, IdWithSlashesIsFoundInTheDefaultProvider) {
  auto row = two_providers();
  row.source.providers[0].models_json = R"([{"id":"meta-llama/llama-3"}])";
  EXPECT_EQ(primary_of(row, "meta-llama/llama-3"), "one/meta-llama/llama-3");
}

TEST(RenderedModel, MissingFromTheListIsAdded) {
  auto row = two_providers();
  row.source.primary_model = "one/new";
  row.source.fallback_models = {"two/newer", "two/newer", "one/new"};
  const auto document = json::parse(render(row).openclaw_json);
  const auto& providers = document["models"]["providers"];
  EXPECT_EQ(providers["one"]["models"][2], (json{{"id", "new"}, {"name", "new"}}));
  EXPECT_EQ(providers["two"]["models"].size(), 3U);
  EXPECT_EQ(document["agents"]["defaults"]["model"]["fallbacks"], json::array({"two/newer"}));
}

TEST(RenderedModel, UnusableFallbackIsLeftOutWithAWarning) {
  auto row = two_providers();
  row.keys.erase("id-two");
  row.source.fallback_models = {"two/b", "nobody/x", "one/b", "one/b@profile"};
  const auto config = render(row);
  EXPECT_FALSE(config.problem);
  EXPECT_EQ(json::parse(config.openclaw_json)["agents"]["defaults"]["model"]["fallbacks"],
            json::array({"one/b"}));
  EXPECT_EQ(config.warnings.size(), 4U);
}

TEST(RenderedModel, VersionDateIsPartOfAnId) {
  EXPECT_EQ(primary_of(two_providers(), "one/m@20250101"), "one/m@20250101");
}

TEST(RenderedProblem, SaysWhatToDo) {
  auto row = two_providers();
  row.source.primary_model = "nobody/x";
  EXPECT_THAT(problem_of(row), HasSubstr("Choose another primary model"));
  row.source.primary_model = "two/b";
  row.keys.erase("id-two");
  EXPECT_EQ(problem_of(row), "Add an API key to the provider \"two\" in the settings.");
  row.source.providers[1].api_key = "enc:unreadable";
  EXPECT_THAT(problem_of(row), HasSubstr("cannot be decrypted"));
  row.source.providers.clear();
  EXPECT_EQ(problem_of(row),
            "Add a provider with an API key in the settings: there is no active one.");
}

TEST(RenderedProblem, NoKeyAndNoModelAtAll) {
  auto row = two_providers();
  row.keys.clear();
  EXPECT_THAT(problem_of(row), HasSubstr("Add an API key"));
  row = two_providers();
  row.source.providers = {provider("one", "zai")};
  EXPECT_THAT(problem_of(row), HasSubstr("Choose a model"));
}

TEST(RenderedProblem, MalformedModelsOfTheProviderInUse) {
  for (const std::string models :
       {"{}", "nonsense", R"(["a"])", R"([{"name":"a"}])", R"([{"id":""}])",
        R"([{"id":"a","contextWindow":0}])", R"([{"id":"a","maxTokens":"8"}])",
        R"([{"id":"a","maxTokens":1.5}])", R"([{"id":"a","name":7}])"}) {
    auto row = two_providers();
    row.source.providers[0].models_json = models;
    row.source.primary_model = "one/a";
    EXPECT_THAT(problem_of(row), HasSubstr("Correct the models of the provider \"one\"")) << models;
  }
}

TEST(RenderedProblem, BrokenProviderThatIsNotUsedOnlyWarns) {
  auto row = two_providers();
  row.source.providers[1].models_json = "nonsense";
  const auto config = render(row);
  EXPECT_FALSE(config.problem);
  ASSERT_EQ(config.warnings.size(), 1U);
  EXPECT_FALSE(json::parse(config.openclaw_json)["models"]["providers"].contains("two"));
}

TEST(RenderedProblem, BaseUrlTypeApiAndProfileAreChecked) {
  const auto with = [](auto change) {
    auto row = two_providers();
    change(row);
    return problem_of(row);
  };
  const auto only = [](ConfigCase& row) -> ProviderRow& {
    row.source.primary_model = "one/a";
    return row.source.providers[0];
  };
  EXPECT_THAT(with([&](auto& row) { only(row).type = "custom"; }), HasSubstr("base URL"));
  EXPECT_THAT(with([&](auto& row) { only(row).base_url = "file:///etc/passwd"; }),
              HasSubstr("base URL"));
  EXPECT_THAT(with([&](auto& row) { only(row).base_url = "http://a b"; }), HasSubstr("base URL"));
  EXPECT_THAT(with([&](auto& row) { only(row).type = "gopher"; }),
              HasSubstr("type of the provider"));
  EXPECT_THAT(with([&](auto& row) { only(row).api_type = "github-copilot"; }),
              HasSubstr("API type"));
  EXPECT_THAT(with([&](auto& row) { row.settings.tool_profile = "god"; }),
              HasSubstr("fleet.toolProfile"));
  EXPECT_THAT(with([&](auto& row) { row.source.personality = std::string(70'000, 'x'); }),
              HasSubstr("personality"));
}

TEST(RenderedProblem, NeverContainsTheKey) {
  auto row = two_providers();
  row.keys["id-one"] = "!sentinel-key";
  row.source.primary_model = "one/a";
  EXPECT_THAT(problem_of(row), testing::Not(HasSubstr("sentinel")));
}

TEST(RenderedProvider, HasItsTypesUrlAndApi) {
  auto row = two_providers();
  auto ollama = provider("local", "ollama", two_models);
  ollama.base_url = "http://192.0.2.1:11434//";
  ollama.api_type = "ollama";
  auto claude = provider("claude", "anthropic", two_models);
  claude.base_url = "https://proxy.example/v1/";
  row.source.providers.push_back(ollama);
  row.source.providers.push_back(claude);
  row.keys["id-claude"] = "k3";
  const auto providers = json::parse(render(row).openclaw_json)["models"]["providers"];
  EXPECT_EQ(providers["one"]["baseUrl"], "https://api.z.ai/api/coding/paas/v4");
  EXPECT_EQ(providers["two"]["baseUrl"], "https://api.openai.com/v1");
  EXPECT_EQ(providers["local"]["baseUrl"], "http://192.0.2.1:11434/v1");
  EXPECT_EQ(providers["local"]["api"], "openai-completions");
  EXPECT_EQ(providers["local"]["apiKey"], "no-key-needed");
  EXPECT_EQ(providers["claude"]["baseUrl"], "https://proxy.example");
  EXPECT_EQ(providers["claude"]["api"], "anthropic-messages");
}

TEST(RenderedProvider, KeysStayApartWhenNamesLookAlike) {
  auto row = two_providers();
  row.source.providers = {provider("My Zai", "zai", two_models),
                          provider("my-zai", "zai", two_models), provider("!!!", "zai", two_models),
                          provider("constructor", "zai", two_models)};
  for (const auto& one : row.source.providers) row.keys[one.id] = "k";
  const auto providers = json::parse(render(row).openclaw_json)["models"]["providers"];
  std::vector<std::string> keys;
  for (const auto& entry : providers.items()) keys.push_back(entry.key());
  EXPECT_THAT(keys, testing::ElementsAre("constructor-provider", "my-zai", "my-zai-2", "provider"));
}

TEST(RenderedPersona, PersonalityIsTheUsersOwnOrADefaultOfTheRole) {
  auto row = two_providers();
  EXPECT_THAT(render(row).soul_md, HasSubstr("personal assistant of one person"));
  row.source.personality = "Be a pirate.";
  EXPECT_EQ(render(row).soul_md, "Be a pirate.\n");
  row.source.personality.clear();
  row.source.key.kind = ResourceKind::system_container;
  std::set<std::string> souls;
  for (const std::string role :
       {"orchestrator", "developer", "research", "operations", "monitor", "scheduler", "other"}) {
    row.source.role = role;
    souls.insert(render(row).soul_md);
  }
  EXPECT_EQ(souls.size(), 7U);
}

TEST(RenderedConfigText, BytesThatAreNotUtf8DoNotThrow) {
  auto row = two_providers();
  row.source.providers[0].models_json = "[{\"id\":\"a\",\"name\":\"\\ud83e\\udd8a\"}]";
  row.source.primary_model = "one/\xff\xfe";
  EXPECT_FALSE(render(row).openclaw_json.empty());
}

}  // namespace
}  // namespace mosaic::test
