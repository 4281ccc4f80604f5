// What the engine's answers about use and logs mean, whatever an engine or an agent puts into them.
#include <gtest/gtest.h>

#include "runtime/docker/insight_decoding.hpp"

namespace mosaic {
namespace {

// Of an engine 20.10 on cgroup v1, shortened.
constexpr std::string_view version_1 = R"({
  "read": "2026-11-25T11:17:25.500000000Z", "preread": "2026-11-25T11:17:24.500000000Z",
  "pids_stats": {"current": 33},
  "cpu_stats": {"cpu_usage": {"total_usage": 1250000000}, "online_cpus": 2},
  "precpu_stats": {"cpu_usage": {"total_usage": 1000000000}},
  "memory_stats": {"usage": 700, "limit": 1536, "stats": {"inactive_file": 1, "total_inactive_file": 100}}})";

constexpr std::string_view version_2 = R"({
  "read": "2026-11-25T11:17:25Z", "preread": "0001-01-01T00:00:00Z", "pids_stats": {"current": 1},
  "cpu_stats": {"cpu_usage": {"total_usage": 5}}, "precpu_stats": {"cpu_usage": {"total_usage": 0}},
  "memory_stats": {"usage": 700, "limit": 1536, "stats": {"inactive_file": 50}}})";

constexpr std::string_view stopped = R"({
  "read": "0001-01-01T00:00:00Z", "cpu_stats": {"cpu_usage": {"total_usage": 0}}, "memory_stats": {}})";

std::string frame(char stream, const std::string& text) {
  std::string header(8, '\0');
  header[0] = stream;
  for (int place = 0; place < 4; ++place)
    header[static_cast<std::size_t>(4 + place)] =
        static_cast<char>(text.size() >> (24 - 8 * place));
  return header + text;
}

constexpr const char* first = "2026-01-01T00:00:01.000000001Z";
constexpr const char* second = "2026-01-01T00:00:01.000000002Z";

TEST(Insight, CountsMemoryWithoutWhatIsMerelyCached) {
  EXPECT_EQ(decode_use(version_1, Look::once)->memory_bytes, 600);
  EXPECT_EQ(decode_use(version_2, Look::once)->memory_bytes, 650);
  EXPECT_EQ(decode_use(version_1, Look::once)->memory_limit_bytes, 1536);
  EXPECT_EQ(decode_use(version_1, Look::once)->processes, 33);
}

TEST(Insight, ReadsTheLookBeforeOnlyWhereThereWasOne) {
  const auto twice = decode_use(version_1, Look::twice);
  ASSERT_TRUE(twice && twice->cpu_before);
  EXPECT_EQ(twice->cpu.used - twice->cpu_before->used, std::chrono::milliseconds(250));
  EXPECT_EQ(twice->cpu.at - twice->cpu_before->at, std::chrono::seconds(1));
  EXPECT_FALSE(decode_use(version_1, Look::once)->cpu_before);
  EXPECT_FALSE(decode_use(version_2, Look::twice)->cpu_before);
}

TEST(Insight, AContainerThatDoesNotRunUsesNothing) {
  EXPECT_FALSE(decode_use(stopped, Look::twice));
  EXPECT_FALSE(decode_use("{}", Look::once));
  EXPECT_THROW(decode_use("[]", Look::once), EngineError);
  EXPECT_THROW(decode_use("half an ans", Look::once), EngineError);
}

TEST(Insight, TakesLinesOfBothOutputsWithTheirTimes) {
  const auto tail = decode_log(
      frame(1, std::string(first) + " one\r\n") + frame(2, std::string(second) + " two\n"), {});
  ASSERT_EQ(tail.lines.size(), 2U);
  EXPECT_EQ(tail.lines[0].at, first);
  EXPECT_EQ(tail.lines[0].text, "one");
  EXPECT_FALSE(tail.lines[0].error);
  EXPECT_EQ(tail.lines[1].text, "two");
  EXPECT_TRUE(tail.lines[1].error);
  EXPECT_FALSE(tail.cut);
}

TEST(Insight, KeepsToWhatIsLaterAndToTheEndOfTooMuch) {
  const std::string frames =
      frame(1, std::string(first) + " one\n") + frame(1, std::string(second) + " two\n");
  LogRange later;
  later.after = first;
  ASSERT_EQ(decode_log(frames, later).lines.size(), 1U);
  EXPECT_EQ(decode_log(frames, later).lines[0].text, "two");
  LogRange small;
  small.bytes = 40;
  const auto cut = decode_log(frames, small);
  ASSERT_EQ(cut.lines.size(), 1U);
  EXPECT_EQ(cut.lines[0].text, "two");
  EXPECT_TRUE(cut.cut);
}

TEST(Insight, SurvivesWhatIsNoLine) {
  EXPECT_TRUE(decode_log("", {}).lines.empty());
  EXPECT_TRUE(decode_log("short", {}).lines.empty());
  EXPECT_TRUE(decode_log(frame(1, "without a time"), {}).lines.empty());
  EXPECT_EQ(decode_log(frame(1, std::string(first)), {}).lines.size(), 1U);
  std::string promises_more = frame(1, std::string(first) + " cut off");
  promises_more[4] = 'x';
  EXPECT_EQ(decode_log(promises_more, {}).lines.size(), 1U);
}

}  // namespace
}  // namespace mosaic
