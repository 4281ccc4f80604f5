#include "store/copy_line.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mosaic {
namespace {

std::vector<std::optional<std::string>> split(std::string line) {
  std::vector<std::optional<std::string_view>> fields;
  split_copy_line(line, fields);
  std::vector<std::optional<std::string>> copies;
  for (const auto& field : fields)
    copies.push_back(field ? std::optional<std::string>(*field) : std::nullopt);
  return copies;
}

TEST(CopyLine, TakesEscapesApartAndKeepsNullsFromTheirLookalikes) {
  using testing::ElementsAre;
  using testing::Optional;
  EXPECT_THAT(split("a\tb"), ElementsAre(Optional(std::string("a")), Optional(std::string("b"))));
  EXPECT_THAT(split("\\N\t\t\\\\N"), ElementsAre(testing::Eq(std::nullopt), Optional(std::string()),
                                                 Optional(std::string("\\N"))));
  EXPECT_THAT(split("x\\ty\\nz\\\\\t1"),
              ElementsAre(Optional(std::string("x\ty\nz\\")), Optional(std::string("1"))));
  EXPECT_THAT(split("a\t1\n"), ElementsAre(Optional(std::string("a")), Optional(std::string("1"))));
  EXPECT_THAT(split(""), ElementsAre(Optional(std::string())));
}

}  // namespace
}  // namespace mosaic
