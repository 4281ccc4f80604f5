// What comes out of a program that ran inside an agent's container, which is not to be trusted.
#include <gtest/gtest.h>

#include "runtime/docker/container_exec.hpp"
#include "runtime/docker/schedule_answer.hpp"

namespace mosaic {
namespace {

using std::chrono::seconds;

constexpr TimePoint now{std::chrono::hours(480'000)};

std::string frame(char stream, const std::string& text) {
  std::string frame{stream, 0, 0, 0, 0, 0, 0, static_cast<char>(text.size())};
  return frame + text;
}

TEST(ContainerExec, StandardOutputIsTakenOutOfTheFrames) {
  EXPECT_EQ(standard_output_of(frame(1, "one ") + frame(2, "complaint") + frame(1, "two")),
            "one two");
  EXPECT_EQ(standard_output_of(""), "");
}

TEST(ContainerExec, HalfAFrameIsTakenAsFarAsItGoes) {
  EXPECT_EQ(standard_output_of(frame(1, "complete").substr(0, 11)), "com");
  EXPECT_EQ(standard_output_of(frame(1, "complete").substr(0, 7)), "");
  EXPECT_EQ(standard_output_of("no frame at all, but longer than a header"), "");
}

TEST(ScheduleAnswer, TimesAreTakenRelativeToTheContainersClock) {
  const ScheduleView view =
      schedule_from_answer(0, "now 1000000 next 1060000 running 990000 watching 2\n", now);
  EXPECT_TRUE(view.known);
  EXPECT_EQ(view.next_due_at, now + seconds(60));
  EXPECT_EQ(view.running_since, now - seconds(10));
  EXPECT_EQ(view.watchers, 2);
}

TEST(ScheduleAnswer, NothingScheduledIsKnown) {
  const ScheduleView view =
      schedule_from_answer(0, "now 1000000 next - running - watching 0\n", now);
  EXPECT_TRUE(view.known);
  EXPECT_FALSE(view.next_due_at);
  EXPECT_FALSE(view.running_since);
}

TEST(ScheduleAnswer, AJobInManyYearsIsNone) {
  EXPECT_FALSE(schedule_from_answer(0, "now 1000 next 99999999999999 running - watching 0\n", now)
                   .next_due_at);
  const ScheduleView past =
      schedule_from_answer(0, "now 999999999999999 next 1 running - watching 0\n", now);
  EXPECT_GT(*past.next_due_at, now - std::chrono::hours(24 * 367)) << "nor is the past without end";
}

TEST(ScheduleAnswer, AnythingElseCannotBeToldAndIsNotRepeated) {
  for (const std::string line :
       {"", "now", "now 1 next 2 running 3", "now x next 2 running 3 watching 0\n",
        "now 1 next 2 running 3 watching -1\n",
        "now 1 next 99999999999999999999 running - watching 0\n",
        "now 1 next -5 running - watching 0\n", "now 1 next 2 running - watching 0\nand more",
        "secret-text"}) {
    const ScheduleView view = schedule_from_answer(0, line, now);
    EXPECT_FALSE(view.known) << line;
    EXPECT_FALSE(view.next_due_at);
    EXPECT_EQ(view.unknown_reason.find("secret-text"), std::string::npos);
    EXPECT_FALSE(view.unknown_reason.empty());
  }
}

TEST(ScheduleAnswer, AnExitCodeSaysWhyItCannotBeTold) {
  EXPECT_NE(schedule_from_answer(127, "", now).unknown_reason.find("no node"), std::string::npos);
  EXPECT_NE(schedule_from_answer(1, "", now).unknown_reason.find("version of OpenClaw"),
            std::string::npos);
}

}  // namespace
}  // namespace mosaic
