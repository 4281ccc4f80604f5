// The probing rules alone: no socket, no thread, no waiting.
#include "runtime/probe/probe_schedule.hpp"

#include <gtest/gtest.h>

namespace mosaic {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

class ProbeScheduleRules : public testing::Test {
 protected:
  microseconds wait() const {
    return std::chrono::duration_cast<microseconds>(schedule_.next_probe() - now_);
  }
  void advance(microseconds step) { now_ += step; }

  ProbeSettings settings_;
  SteadyTime now_{seconds(100)};
  TimePoint wall_clock_{seconds(5000)};
  ProbeSchedule schedule_{settings_, 0.5, now_};
};

TEST_F(ProbeScheduleRules, ProbesAtOnceAndStartsAsStarting) {
  EXPECT_EQ(wait(), microseconds(0));
  EXPECT_EQ(schedule_.view().health, Health::starting);
  EXPECT_EQ(schedule_.timeout(), seconds(2));
}

TEST_F(ProbeScheduleRules, NeverProbesMoreOftenThanEveryMillisecond) {
  advance(milliseconds(1));
  EXPECT_FALSE(schedule_.failed(now_, "Connection refused"));
  EXPECT_EQ(wait(), milliseconds(1));
  EXPECT_EQ(schedule_.view().last_error, "Connection refused");
}

TEST_F(ProbeScheduleRules, NoticesReadinessWithinAFortiethOfAnyBootTime) {
  for (const auto boot_time :
       {milliseconds(300), milliseconds(1000), milliseconds(9000), milliseconds(16000)}) {
    ProbeSchedule schedule(settings_, 0.5, now_);
    auto probe_at = schedule.next_probe();
    while (probe_at - now_ < boot_time) {
      schedule.failed(probe_at, "Connection refused");
      probe_at = schedule.next_probe();
    }
    const auto late = probe_at - now_ - boot_time;
    EXPECT_LE(late, std::max<SteadyTime::duration>(boot_time / 40, milliseconds(1)))
        << boot_time.count();
  }
}

TEST_F(ProbeScheduleRules, ProbesALongStartAtLeastTwiceASecond) {
  advance(seconds(3600));
  schedule_.failed(now_, "Connection refused");
  EXPECT_EQ(wait(), milliseconds(500));
}

TEST_F(ProbeScheduleRules, StartupNeverFailsForGood) {
  for (int index = 0; index < 100; ++index)
    EXPECT_FALSE(schedule_.failed(now_, "Connection refused"));
  EXPECT_EQ(schedule_.view().health, Health::starting);
}

TEST_F(ProbeScheduleRules, FirstAnswerMakesReadyAndRemembersWhen) {
  schedule_.failed(now_, "Connection refused");
  EXPECT_TRUE(schedule_.succeeded(now_, wall_clock_));
  EXPECT_FALSE(schedule_.succeeded(now_, wall_clock_ + seconds(30)));
  EXPECT_EQ(schedule_.view().health, Health::ready);
  EXPECT_EQ(schedule_.view().ready_at, wall_clock_);
  EXPECT_EQ(schedule_.view().failures, 0);
  EXPECT_EQ(schedule_.view().last_error, "");
  EXPECT_EQ(schedule_.timeout(), seconds(10));
}

TEST_F(ProbeScheduleRules, SpreadsKeysOverTheRoundAndKeepsTheirPlaces) {
  ProbeSchedule early(settings_, 0.0, now_);
  ProbeSchedule late(settings_, 0.99, now_);
  early.succeeded(now_, wall_clock_);
  late.succeeded(now_, wall_clock_);
  EXPECT_EQ(early.next_probe(), now_ + seconds(15));
  EXPECT_GT(late.next_probe(), now_ + milliseconds(29800));
  early.succeeded(now_, wall_clock_);
  EXPECT_EQ(early.next_probe(), now_ + seconds(30));
}

TEST_F(ProbeScheduleRules, ThreeFailuresInARowMeanFailing) {
  schedule_.succeeded(now_, wall_clock_);
  EXPECT_FALSE(schedule_.failed(now_, "no answer"));
  EXPECT_EQ(wait(), seconds(1));
  EXPECT_EQ(schedule_.view().health, Health::ready);
  EXPECT_FALSE(schedule_.failed(now_, "no answer"));
  EXPECT_EQ(wait(), seconds(1));
  EXPECT_TRUE(schedule_.failed(now_, "no answer"));
  EXPECT_EQ(schedule_.view().health, Health::failing);
  EXPECT_EQ(schedule_.view().failures, 3);
  EXPECT_FALSE(schedule_.failed(now_, "no answer"));
}

TEST_F(ProbeScheduleRules, AnAnswerInBetweenForgetsTheFailures) {
  schedule_.succeeded(now_, wall_clock_);
  schedule_.failed(now_, "no answer");
  schedule_.failed(now_, "no answer");
  EXPECT_FALSE(schedule_.succeeded(now_, wall_clock_));
  EXPECT_FALSE(schedule_.failed(now_, "no answer"));
  EXPECT_EQ(schedule_.view().health, Health::ready);
}

TEST_F(ProbeScheduleRules, ComesBackFromFailing) {
  schedule_.succeeded(now_, wall_clock_);
  for (int index = 0; index < 3; ++index) schedule_.failed(now_, "no answer");
  EXPECT_TRUE(schedule_.succeeded(now_, wall_clock_ + seconds(40)));
  EXPECT_EQ(schedule_.view().health, Health::ready);
  EXPECT_EQ(schedule_.view().ready_at, wall_clock_);
}

TEST_F(ProbeScheduleRules, AProbeThatCouldNotBeMadeIsNoFailure) {
  schedule_.succeeded(now_, wall_clock_);
  for (int index = 0; index < 10; ++index) schedule_.postponed(now_);
  EXPECT_EQ(schedule_.view().health, Health::ready);
  EXPECT_EQ(schedule_.view().failures, 0);
  EXPECT_EQ(wait(), seconds(1));
}

}  // namespace
}  // namespace mosaic
