#include "telemetry/log_text.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>
#include <string>

namespace mosaic::log_text {
namespace {

using std::chrono::milliseconds;

TEST(Rfc3339, IsUtcWithMilliseconds) {
  EXPECT_EQ(rfc3339(std::chrono::system_clock::time_point(milliseconds(0))),
            "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(rfc3339(std::chrono::system_clock::time_point(milliseconds(1767323045678))),
            "2026-01-02T03:04:05.678Z");
  EXPECT_EQ(rfc3339(std::chrono::system_clock::time_point(milliseconds(-1))),
            "1969-12-31T23:59:59.999Z");
}

TEST(Printable, EscapesWhatWouldBreakALineOrDisguiseIt) {
  EXPECT_EQ(printable("a\nb\r\tc\"d\\e\x1b[31m\x7f", 300), R"(a\nb\r\tc\"d\\e\u001b[31m\u007f)");
  EXPECT_EQ(printable("\u202egnp.exe\u2028\u0085\ufeff", 300),
            R"(\u202egnp.exe\u2028\u0085\ufeff)");
  EXPECT_EQ(printable(std::string("a\0b", 3), 300), R"(a\u0000b)");
  EXPECT_EQ(printable("grüße 漢字 🦞", 300), "grüße 漢字 🦞");
}

TEST(Printable, ReplacesInvalidUtf8) {
  EXPECT_EQ(printable("a\xff"
                      "b",
                      300),
            "a\ufffdb");
  EXPECT_EQ(printable("\xc0\x80", 300), "\ufffd\ufffd");            // overlong
  EXPECT_EQ(printable("\xed\xa0\x80", 300), "\ufffd\ufffd\ufffd");  // a surrogate
  EXPECT_EQ(printable("cut \xf0\x9f\xa6", 300), "cut \ufffd\ufffd\ufffd");
}

TEST(Printable, CutsBetweenCharactersAndSaysSo) {
  EXPECT_EQ(printable("0123456789", 10), "0123456789");
  EXPECT_EQ(printable("0123456789a", 10), "0123456…");
  EXPECT_EQ(printable("äöüäöü", 10), "äöü…");
  EXPECT_EQ(printable("\n\n\n\n\n\n", 10), R"(\n\n\n…)");
}

TEST(Printable, NeverShowsHalfOfASecretThatLiesAcrossTheEndOfWhatIsLookedAt) {
  const std::string token(64, 'a');
  for (std::size_t lead = 4000; lead < 4100; ++lead) {
    // Everything before is masked to a few bytes, so the end of the window comes into view.
    const std::string text = "enc:" + std::string(lead, 'x') + " " + token;
    EXPECT_EQ(printable(text, 300).find("aaaa"), std::string::npos) << lead;
    const std::string url =
        "enc:" + std::string(lead, 'x') + "_://user:" + std::string(5000, 'a') + "@host";
    EXPECT_EQ(printable(url, 300).find("aaaa"), std::string::npos) << lead;
  }
}

TEST(Line, IsValidJsonOfBoundedLengthWhateverTheBytes) {
  std::mt19937 random(42);
  for (int round = 0; round < 500; ++round) {
    std::string value(random() % 600, '\0');
    for (char& byte : value)
      byte = static_cast<char>(random() % 4 == 0 ? random() % 256 : random() % 128);
    const LogField field(Field::reason, value);
    const Line line{{}, LogLevel::info, "message", value, value, std::span(&field, 1)};
    const std::string json = as_json(line);
    const auto parsed = nlohmann::json::parse(json);
    EXPECT_TRUE(parsed["reason"].is_string());
    EXPECT_LE(json.size(), 700U);
    EXPECT_EQ(as_text(line, false).find_first_of("\n\r\x1b"), std::string::npos);
  }
}

TEST(Line, AsTextReadsWellAndQuotesWhatHasSpaces) {
  const LogField fields[] = {
      {Field::key, "user/c1"}, {Field::reason, "no memory"}, {Field::count, 3}, {Field::name, ""}};
  const Line line{{}, LogLevel::warning, "agent waits", "controller", "r-1", fields};
  EXPECT_EQ(as_text(line, false),
            "1970-01-01T00:00:00.000Z warning controller: agent waits key=user/c1 reason=\"no "
            "memory\" count=3 name=\"\" "
            "correlation_id=r-1");
  EXPECT_NE(as_text(line, true).find("\x1b[33m"), std::string::npos);
}

}  // namespace
}  // namespace mosaic::log_text
