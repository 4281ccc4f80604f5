// Which changes OpenClaw takes while it runs, and which need a new process.
#include "agent_config/change_effect.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <nlohmann/json.hpp>
#include <set>
#include <vector>

#include "test/agent_config/config_cases.hpp"

namespace mosaic::test {
namespace {

const std::string two_models = R"([{"id":"a"},{"id":"b"}])";

ConfigCase before() {
  ConfigCase row{"before", user_source(), {}, {}};
  row.source.providers = {provider("one", "zai", two_models),
                          provider("two", "openai", two_models)};
  row.keys = {{"id-one", "key-one"}, {"id-two", "key-two"}};
  return row;
}

RenderedConfig render(const ConfigCase& row) {
  return render_agent_config(row.source, row.keys, row.settings);
}

ChangeEffect effect_of(const std::function<void(ConfigCase&)>& change) {
  auto after = before();
  change(after);
  return change_effect(render(before()), render(after));
}

TEST(ChangeEffect, WhatIsTheSameChangesNothing) {
  EXPECT_EQ(effect_of([](ConfigCase&) {}), ChangeEffect::none);
  // The name is for people only.
  EXPECT_EQ(effect_of([](ConfigCase& row) { row.source.providers[0].display_name = "Zed"; }),
            ChangeEffect::none);
}

TEST(ChangeEffect, ModelsProvidersKeysToolsAndPersonalityAreReloaded) {
  const std::vector<std::function<void(ConfigCase&)>> changes{
      [](ConfigCase& row) { row.source.primary_model = "two/b"; },
      [](ConfigCase& row) { row.source.fallback_models = {"two/a"}; },
      [](ConfigCase& row) { row.source.provider_id = "id-two"; },
      [](ConfigCase& row) { row.keys["id-one"] = "another key"; },
      [](ConfigCase& row) { row.source.providers[0].base_url = "https://elsewhere.example/v1"; },
      [](ConfigCase& row) { row.source.providers[0].models_json = R"([{"id":"a"},{"id":"c"}])"; },
      [](ConfigCase& row) { row.source.providers.pop_back(); },
      [](ConfigCase& row) { row.source.personality = "Be a pirate."; },
      [](ConfigCase& row) { row.settings.tool_profile = "coding"; },
      [](ConfigCase& row) { row.settings.provider_keys = ProviderKeys::injected; },
  };
  for (std::size_t index = 0; index < changes.size(); ++index) {
    EXPECT_EQ(effect_of(changes[index]), ChangeEffect::reload) << "change " << index;
  }
}

TEST(ChangeEffect, WhatIsFixedAtBootIsARestart) {
  EXPECT_EQ(effect_of([](ConfigCase& row) { row.settings.workspace = "/somewhere/else"; }),
            ChangeEffect::restart);
}

// A key that nobody has tried on a running gateway is never applied by half.
TEST(ChangeEffect, AnUnknownPlaceIsARestart) {
  const auto running = render(before());
  auto wanted = running;
  auto document = nlohmann::json::parse(running.openclaw_json);
  document["gateway"]["port"] = 1;
  wanted.openclaw_json = document.dump();
  EXPECT_EQ(change_effect(running, wanted), ChangeEffect::restart);
  document = nlohmann::json::parse(running.openclaw_json);
  document["agents"]["defaults"]["somethingNew"] = true;
  wanted.openclaw_json = document.dump();
  EXPECT_EQ(change_effect(running, wanted), ChangeEffect::restart);
}

TEST(ChangeEffect, AnAgentKeepsWhatItHasWhenTheNewCannotBeRendered) {
  EXPECT_EQ(effect_of([](ConfigCase& row) { row.source.providers.clear(); }), ChangeEffect::none);
  auto broken = before();
  broken.source.providers.clear();
  EXPECT_EQ(change_effect(render(broken), render(before())), ChangeEffect::restart);
}

TEST(ConfigMaterial, DiffersWheneverSomethingThatTheAgentSeesDiffers) {
  std::set<std::pair<std::string, std::string>> materials;
  auto row = before();
  const auto note = [&] {
    const auto material = config_material(render(row));
    materials.emplace(material.boot, material.live);
  };
  note();
  row.keys["id-two"] = "another key";
  note();
  row.source.primary_model = "b";
  note();
  row.source.personality = "x";
  note();
  row.settings.tool_profile = "coding";
  note();
  row.settings.workspace = "/elsewhere";
  note();
  EXPECT_EQ(materials.size(), 6U);
  note();
  EXPECT_EQ(materials.size(), 6U);
}

TEST(ConfigMaterial, TheBootPartHasNoProviderAndNoKey) {
  const auto material = config_material(render(before()));
  EXPECT_EQ(material.boot.find("key-one"), std::string::npos);
  EXPECT_NE(material.live.find("key-one"), std::string::npos);
}

}  // namespace
}  // namespace mosaic::test
