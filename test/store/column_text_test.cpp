#include "store/column_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mosaic {
namespace {

TEST(ColumnText, ReadsTheTimestampsThatItWrites) {
  const TimePoint time{Duration(1'700'000'000'123)};
  EXPECT_EQ(timestamp_text(time), "2023-11-14 22:13:20.123");
  EXPECT_EQ(parse_timestamp(timestamp_text(time)), time);
}

TEST(ColumnText, ReadsTimestampsWithShortFractions) {
  EXPECT_EQ(parse_timestamp("2023-11-14 22:13:20"), TimePoint(Duration(1'700'000'000'000)));
  EXPECT_EQ(parse_timestamp("2023-11-14 22:13:20.1"), TimePoint(Duration(1'700'000'000'100)));
  EXPECT_EQ(parse_timestamp("2023-11-14 22:13:20.120000"), TimePoint(Duration(1'700'000'000'120)));
}

TEST(ColumnText, ReadsNothingFromWhatIsNoPlainTime) {
  for (const char* text :
       {"infinity", "-infinity", "", "2023-13-14 22:13:20", "2023-02-30 22:13:20",
        "x023-02-03 22:13:20", "12023-11-14 22:13:20", "0044-03-15 00:00:00 BC extra"}) {
    EXPECT_EQ(parse_timestamp(text), std::nullopt) << text;
  }
}

TEST(ColumnText, StoresOnlyWhatPostgresTakes) {
  EXPECT_EQ(storable_text("gr\xc3\xbc\xc3\x9f"), "gr\xc3\xbc\xc3\x9f");
  EXPECT_EQ(storable_text("\xf0\x9d\x84\x9e"), "\xf0\x9d\x84\x9e");
  EXPECT_EQ(storable_text(std::string("a\0b", 3)), "a?b");
  EXPECT_EQ(storable_text("\xff"), "?");
  EXPECT_EQ(storable_text("\xc0\x80"), "??");            // overlong
  EXPECT_EQ(storable_text("\xed\xa0\x80"), "???");       // surrogate
  EXPECT_EQ(storable_text("\xf4\x90\x80\x80"), "????");  // beyond Unicode
  EXPECT_EQ(storable_text("cut \xe2\x82"), "cut ??");
  EXPECT_FALSE(is_storable(std::string("a\0", 2)));
  EXPECT_TRUE(is_storable("a"));
}

TEST(ColumnText, LeavesOutConditionsThatCannotBeRead) {
  EXPECT_TRUE(parse_conditions("{}").empty());
  EXPECT_TRUE(parse_conditions("not json").empty());
  const auto conditions =
      parse_conditions(R"([1, {"type": 5}, {"type": "Ready", "status": "True"}])");
  ASSERT_EQ(conditions.size(), 1u);
  EXPECT_EQ(conditions[0].status, ConditionStatus::yes);
  EXPECT_THAT(parse_strings(R"(["a", 1, null, "b"])"), testing::ElementsAre("a", "b"));
  EXPECT_TRUE(parse_strings(R"({"a": 1})").empty());
}

}  // namespace
}  // namespace mosaic
