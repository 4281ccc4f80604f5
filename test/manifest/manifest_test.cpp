#include "manifest/manifest.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "test/checkout.hpp"

namespace mosaic::manifest {
namespace {

using testing::HasSubstr;

constexpr const char* whole = R"(apiVersion: fleet.mosaic/v1
kind: SystemContainer
metadata: {name: mosaic-main, labels: {app: fleet}}
spec:
  role: orchestrator
  primaryModel: zai/glm-5
  memoryMb: 2048
---
apiVersion: fleet.mosaic/v1
kind: LlmProvider
metadata: {name: zai}
spec:
  type: zai
  apiKey: {variable: ZAI_API_KEY}
  models: [{id: glm-5}, {id: "007", name: Bond, maxTokens: 10}]
---
)";

std::string complaint(const std::string& text) {
  try {
    parse(text, "f.yaml");
  } catch (const ManifestError& error) {
    return error.what();
  }
  return "accepted";
}

// A sound manifest of the kind with this spec.
std::string with_spec(const std::string& kind, const std::string& name, const std::string& spec) {
  return "apiVersion: fleet.mosaic/v1\nkind: " + kind + "\nmetadata: {name: " + name +
         "}\nspec:\n" + spec;
}

TEST(Manifest, IsReadWithAllThatItSays) {
  const auto resources = parse(whole, "f.yaml");
  ASSERT_EQ(resources.size(), 2U);
  EXPECT_EQ(resources[0].kind, Kind::system_container);
  EXPECT_EQ(resources[0].name, "mosaic-main");
  EXPECT_EQ(resources[0].labels, (Labels{{"app", "fleet"}}));
  EXPECT_EQ(resources[0].spec["memoryMb"], 2048);
  EXPECT_EQ(resources[0].place, "f.yaml:1");
  EXPECT_EQ(resources[1].spec["apiKey"]["variable"], "ZAI_API_KEY");
  EXPECT_EQ(resources[1].spec["models"][0]["name"], "glm-5");
  EXPECT_EQ(resources[1].spec["models"][1]["id"], "007");
}

TEST(Manifest, IsRefusedWhereItIsWrong) {
  EXPECT_EQ(complaint("apiVersion: fleet.mosaic/v1\nkind: Pod\nmetadata: {name: x}"),
            "f.yaml:2:7: kind must be one of Settings, LlmProvider, UserAgentConfig, "
            "SystemContainer, UserContainer");
  EXPECT_EQ(complaint("apiVersion: v2\nkind: Settings\nmetadata: {name: default}"),
            "f.yaml:1:13: apiVersion must be fleet.mosaic/v1");
  EXPECT_THAT(complaint(with_spec("UserContainer", "alice", "  memoryMB: 64")),
              HasSubstr("f.yaml:5:3: 'memoryMB' is no field of a UserContainer; it has"));
  EXPECT_EQ(complaint(with_spec("UserContainer", "alice", "  memoryMb: 1\n")),
            "f.yaml:5:13: memoryMb must be a whole number from 64 to 1048576");
  EXPECT_THAT(complaint(with_spec("UserContainer", "alice", "  memoryMb: \"64\"\n")),
              HasSubstr("f.yaml:5:13: memoryMb must be a whole number"));
  EXPECT_EQ(complaint(with_spec("UserContainer", "alice", "  memoryMb: 64\n  memoryMb: 65\n")),
            "f.yaml:6:3: 'memoryMb' stands there twice");
  EXPECT_EQ(complaint(with_spec("SystemContainer", "x", "  role: r\n")),
            "f.yaml:5:3: spec.primaryModel is missing");
  EXPECT_THAT(complaint(with_spec("LlmProvider", "x", "  type: zai\n  apiKey: sk-123\n")),
              HasSubstr("f.yaml:6:11: apiKey must say where it is"));
  EXPECT_THAT(complaint(with_spec("LlmProvider", "x", "  type: nobody\n")),
              HasSubstr("f.yaml:5:9: type must be one of zai"));
  EXPECT_THAT(complaint(with_spec("Settings", "other", "  pids: 100\n")),
              HasSubstr("its name is default"));
  EXPECT_THAT(complaint("a: [1\nb"), HasSubstr("this is no YAML"));
  EXPECT_THAT(complaint(std::string(whole) + whole), HasSubstr("stands in f.yaml:1 already"));
}

// Found by fuzzing: such texts made an exception of the writer, and a refusal of two lines.
TEST(Manifest, TextsThatCannotBeStoredAreRefusedInOneLine) {
  EXPECT_EQ(complaint(with_spec("SystemContainer", "\xB0", "  role: r\n")),
            "f.yaml:3:18: a text must be valid UTF-8 without NUL");
  EXPECT_EQ(complaint(with_spec("SystemContainer", "x", "  role: \"a\\0b\"\n  primaryModel: m\n")),
            "f.yaml:5:9: a text must be valid UTF-8 without NUL");
  EXPECT_THAT(complaint(with_spec("SystemContainer", "x", "  \"a\\nb\": r\n")),
              HasSubstr("'a b' is no field"));
}

// Found by fuzzing: the parser made documents of it until there was no memory left.
TEST(Manifest, WhatBeginsNoDocumentIsRefused) {
  EXPECT_THAT(complaint(",apiVersion: fleet.mosaic/v1\n"),
              HasSubstr("nothing can begin like this"));
  EXPECT_THAT(complaint(std::string(whole) + ",a: b\n"), HasSubstr("nothing can begin like this"));
}

TEST(Manifest, NeverRepeatsAKeyThatSomebodyWroteIntoIt) {
  EXPECT_THAT(complaint(with_spec("LlmProvider", "x", "  type: zai\n  apiKey: sk-123\n")),
              testing::Not(HasSubstr("sk-123")));
}

TEST(Manifest, OfAnyKindRoundTripsWithEveryField) {
  for (const auto& table : kinds()) {
    Resource resource;
    resource.kind = table.kind;
    resource.name = table.only_default ? "default" : "some-name";
    if (!table.only_default) resource.labels = {{"a", "b"}};
    for (const auto& field : table.fields) {
      switch (field.type) {
        case FieldType::text:
          resource.spec[field.name] = field.choices.empty() ? "no: \"text\"" : field.choices.back();
          break;
        case FieldType::number:
          resource.spec[field.name] = field.most;
          break;
        case FieldType::flag:
          resource.spec[field.name] = false;
          break;
        case FieldType::texts:
          resource.spec[field.name] = {"one", "true"};
          break;
        case FieldType::models:
          resource.spec[field.name] = Json::parse(R"([{"id": "1", "name": "1", "maxTokens": 7}])");
          break;
        case FieldType::secret:
          resource.spec[field.name] = {{"file", "/run/key"}};
          break;
      }
    }
    // JSON is YAML.
    const auto again = parse(document(resource).dump(2), "f.yaml");
    ASSERT_EQ(again.size(), 1U) << table.word;
    EXPECT_EQ(again[0].spec, resource.spec) << table.word;
    EXPECT_EQ(again[0].labels, resource.labels);
    EXPECT_EQ(normalized(again[0]), normalized(resource));
  }
}

TEST(Manifest, MeansTheDefaultByWhatItLeavesOut) {
  const auto bare = parse(with_spec("SystemContainer", "x", "  role: r\n  primaryModel: m\n"), "f");
  const auto said = parse(
      with_spec("SystemContainer", "x", "  role: r\n  primaryModel: m\n  isActive: true\n"), "f");
  EXPECT_EQ(normalized(bare[0]), normalized(said[0]));
  EXPECT_EQ(document(bare[0]), document(said[0]));
  EXPECT_TRUE(normalized(bare[0])["memoryMb"].is_null());
  const auto settings = parse(with_spec("Settings", "default", "  pids: 100\n"), "f");
  EXPECT_EQ(normalized(settings[0]).size(), 1U);
}

TEST(Manifest, SchemaKnowsEveryFieldAndNoOther) {
  const Json schema = json_schema();
  ASSERT_EQ(schema["oneOf"].size(), kinds().size());
  for (std::size_t i = 0; i < kinds().size(); ++i) {
    const auto& properties = schema["oneOf"][i]["properties"]["spec"]["properties"];
    EXPECT_EQ(properties.size(), kinds()[i].fields.size());
    for (const auto& field : kinds()[i].fields) EXPECT_TRUE(properties.contains(field.name));
  }
}

TEST(Manifest, SelectorsWantEveryPair) {
  EXPECT_TRUE(matches({{"a", "1"}, {"b", "2"}}, parse_selector("a=1,b=2")));
  EXPECT_FALSE(matches({{"a", "1"}}, parse_selector("a=1,b=2")));
  EXPECT_THROW(parse_selector("a"), ManifestError);
  EXPECT_THROW(parse_selector(""), ManifestError);
}

TEST(Manifest, ReferencePageIsWhatTheTableSays) {
  std::ifstream file(test::source_folder() + "/docs/MANIFESTS.md");
  const std::string page(std::istreambuf_iterator<char>(file), {});
  EXPECT_THAT(page, HasSubstr(reference_page())) << "made by: mosaic manifest reference";
}

TEST(Manifest, FilesOfThisRepositoryAreSound) {
  int files = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(test::source_folder() + "/manifests")) {
    if (entry.path().extension() != ".yaml") continue;
    std::ifstream file(entry.path());
    EXPECT_FALSE(
        parse(std::string(std::istreambuf_iterator<char>(file), {}), entry.path()).empty());
    ++files;
  }
  EXPECT_GE(files, 2);
}

}  // namespace
}  // namespace mosaic::manifest
