#include "cli/output.hpp"

#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <sstream>

namespace mosaic::cli {
namespace {

TEST(Table, ColumnsAreAsWideAsTheirWidestCell) {
  std::ostringstream out;
  print_table(out, {{"USER", "PHASE", "REASON"},
                    {{"alice", "running", ""}, {"bob-with-a-name", "stopped", "asleep"}}});
  EXPECT_EQ(out.str(),
            "USER             PHASE    REASON\n"
            "alice            running  -\n"
            "bob-with-a-name  stopped  asleep\n");
}

TEST(Table, CountsCharactersNotBytes) {
  std::ostringstream out;
  print_table(out, {{"A", "B"}, {{"zoë", "x"}, {"zoe", "x"}}});
  EXPECT_EQ(out.str(), "A    B\nzoë  x\nzoe  x\n");
}

TEST(Printable, LetsNothingMoveTheCursor) {
  EXPECT_EQ(printable("a\x1b[2Jb\n\tc\x7f"), "a\\x1b[2Jb\\x0a\\x09c\\x7f");
  EXPECT_EQ(printable("a\xc2\x9b"
                      "2Jb"),
            "a\\x9b2Jb");
  EXPECT_EQ(printable("zoë 日本"), "zoë 日本");
}

TEST(Printable, CutsBetweenCharacters) { EXPECT_EQ(printable("aë", 2), "a…"); }

TEST(Yaml, ReadsBackAsTheSameValues) {
  const Json document = {{"text", "no"},
                         {"number", 3},
                         {"time", "12:30"},
                         {"nothing", nullptr},
                         {"yes", true},
                         {"empty", Json::array()},
                         {"object", Json::object()},
                         {"list", {"1e3", ""}},
                         {"line", "a\nb: c # d"}};
  const YAML::Node node = YAML::Load(to_yaml(document));
  EXPECT_EQ(node["text"].as<std::string>(), "no");
  EXPECT_EQ(node["text"].Tag(), "!");  // quoted: text and nothing else
  EXPECT_EQ(node["number"].as<int>(), 3);
  EXPECT_TRUE(node["nothing"].IsNull());
  EXPECT_TRUE(node["yes"].as<bool>());
  EXPECT_TRUE(node["empty"].IsSequence());
  EXPECT_EQ(node["empty"].size(), 0U);
  EXPECT_TRUE(node["object"].IsMap());
  EXPECT_EQ(node["list"][0].as<std::string>(), "1e3");
  EXPECT_EQ(node["line"].as<std::string>(), "a\nb: c # d");
}

TEST(JsonOutput, SurvivesTextThatIsNotUtf8) {
  std::ostringstream out;
  print_document(out, Json{{"name", "\xff\xfe"}}, OutputFormat::json);
  EXPECT_FALSE(Json::parse(out.str()).at("name").get<std::string>().empty());
}

}  // namespace
}  // namespace mosaic::cli
