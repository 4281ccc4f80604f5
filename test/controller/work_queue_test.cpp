#include "controller/work_queue.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "test/fakes/fake_clock.hpp"

namespace mosaic {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

ResourceKey key(const std::string& name) { return ResourceKey(ResourceKind::user_container, name); }

WorkQueueSettings without_jitter() {
  WorkQueueSettings settings;
  settings.jitter = 0;
  return settings;
}

class WorkQueueTest : public testing::Test {
 protected:
  std::string pop() {
    const auto item = queue.try_pop();
    return item ? item->key.name : "";
  }
  FakeClock clock;
  WorkQueue queue{clock, without_jitter()};
};

TEST_F(WorkQueueTest, HandsOutAKeyOnceHoweverOftenItIsAdded) {
  for (int i = 0; i < 5; ++i) queue.add(key("a"), Priority::resync);
  EXPECT_EQ(pop(), "a");
  EXPECT_EQ(pop(), "");
}

TEST_F(WorkQueueTest, NeverHandsOutOneKeyTwiceAtOnce) {
  queue.add(key("a"), Priority::resync);
  EXPECT_EQ(pop(), "a");
  queue.add(key("a"), Priority::waiting_user);
  EXPECT_EQ(pop(), "");
  queue.done(key("a"));
  EXPECT_EQ(pop(), "a");
  queue.done(key("a"));
  EXPECT_EQ(pop(), "");
}

TEST_F(WorkQueueTest, AWaitingUserComesFirst) {
  queue.add(key("resync"), Priority::resync);
  queue.add(key("crash"), Priority::crash);
  queue.add(key("spec"), Priority::spec_change);
  queue.add(key("user"), Priority::waiting_user);
  EXPECT_EQ(pop(), "user");
  EXPECT_EQ(pop(), "spec");
  EXPECT_EQ(pop(), "crash");
  EXPECT_EQ(pop(), "resync");
}

TEST_F(WorkQueueTest, AMoreUrgentAddMovesAQueuedKeyForward) {
  queue.add(key("a"), Priority::resync);
  queue.add(key("b"), Priority::spec_change);
  queue.add(key("a"), Priority::waiting_user);
  EXPECT_EQ(queue.depth(), 2U);
  EXPECT_EQ(pop(), "a");
  EXPECT_EQ(pop(), "b");
  EXPECT_EQ(pop(), "");
  EXPECT_EQ(queue.depth(), 0U);
}

TEST_F(WorkQueueTest, ALessUrgentAddDoesNotMoveAKeyBack) {
  queue.add(key("a"), Priority::spec_change);
  queue.add(key("a"), Priority::resync);
  queue.add(key("b"), Priority::crash);
  EXPECT_EQ(pop(), "a");
}

TEST_F(WorkQueueTest, KeysOfOnePriorityComeInOrder) {
  for (const auto* name : {"a", "b", "c"}) queue.add(key(name), Priority::resync);
  EXPECT_EQ(pop(), "a");
  EXPECT_EQ(pop(), "b");
  EXPECT_EQ(pop(), "c");
}

TEST_F(WorkQueueTest, ATimerFiresWhenItsTimeHasCome) {
  queue.add_after(key("a"), seconds(5), Priority::resync);
  clock.advance(milliseconds(4999));
  EXPECT_EQ(pop(), "");
  clock.advance(milliseconds(1));
  EXPECT_EQ(pop(), "a");
}

TEST_F(WorkQueueTest, TheLatestTimerOfAKeyWins) {
  queue.add_after(key("a"), seconds(1), Priority::resync);
  queue.add_after(key("a"), seconds(10), Priority::resync);
  clock.advance(seconds(5));
  EXPECT_EQ(pop(), "");
  clock.advance(seconds(5));
  EXPECT_EQ(pop(), "a");
  queue.done(key("a"));
  clock.advance(seconds(60));
  EXPECT_EQ(pop(), "");
}

TEST_F(WorkQueueTest, ACancelledTimerDoesNotFire) {
  queue.add_after(key("a"), seconds(1), Priority::resync);
  queue.cancel_timer(key("a"));
  clock.advance(seconds(2));
  EXPECT_EQ(pop(), "");
  EXPECT_EQ(queue.timers(), 0U);
}

TEST_F(WorkQueueTest, FailuresInARowDoubleTheDelayUpToTheCap) {
  std::vector<milliseconds> delays;
  for (int i = 0; i < 14; ++i) {
    queue.add_rate_limited(key("a"), Priority::resync);
    const auto due = queue.next_timer();
    ASSERT_TRUE(due);
    delays.push_back(std::chrono::duration_cast<milliseconds>(*due - clock.steady_now()));
  }
  EXPECT_EQ(delays[0], milliseconds(50));
  EXPECT_EQ(delays[1], milliseconds(100));
  EXPECT_EQ(delays[5], milliseconds(1600));
  EXPECT_EQ(delays[13], seconds(60));
  queue.forget(key("a"));
  queue.add_rate_limited(key("a"), Priority::resync);
  EXPECT_EQ(*queue.next_timer() - clock.steady_now(), milliseconds(50));
}

TEST_F(WorkQueueTest, JitterStretchesByAtMostItsShare) {
  WorkQueueSettings settings;
  settings.jitter = 0.2;
  WorkQueue jittered(clock, settings);
  for (int i = 0; i < 100; ++i) {
    const ResourceKey one = key(std::to_string(i));
    jittered.add_rate_limited(one, Priority::resync);
    clock.advance(milliseconds(49));
    EXPECT_FALSE(jittered.try_pop());
    clock.advance(milliseconds(11));
    EXPECT_TRUE(jittered.try_pop());
    jittered.done(one);
  }
}

TEST_F(WorkQueueTest, RefusesBeyondItsCapacity) {
  WorkQueueSettings settings;
  settings.capacity = 2;
  WorkQueue small(clock, settings);
  EXPECT_TRUE(small.add(key("a"), Priority::resync));
  EXPECT_TRUE(small.add(key("b"), Priority::resync));
  EXPECT_FALSE(small.add(key("c"), Priority::resync));
  EXPECT_TRUE(small.add(key("a"), Priority::waiting_user));
}

TEST_F(WorkQueueTest, ShutDownEndsEveryWaitAndRefusesMore) {
  std::thread waiting([&] { EXPECT_FALSE(queue.pop()); });
  queue.shut_down();
  waiting.join();
  EXPECT_FALSE(queue.add(key("a"), Priority::resync));
}

TEST_F(WorkQueueTest, DrainWaitsForWhatIsInProcess) {
  queue.add(key("a"), Priority::resync);
  ASSERT_TRUE(queue.try_pop());
  queue.shut_down();
  EXPECT_FALSE(queue.drain(milliseconds(1)));
  std::thread worker([&] { queue.done(key("a")); });
  EXPECT_TRUE(queue.drain(seconds(30)));
  worker.join();
}

TEST(WorkQueueThreads, ManyWorkersNeverShareAKeyAndLoseNone) {
  SystemClock clock;
  WorkQueue queue(clock, WorkQueueSettings{});
  constexpr int keys = 50;
  constexpr int adds = 20'000;
  std::vector<std::atomic<int>> inside(keys);
  std::vector<std::atomic<int>> last_seen(keys);
  std::vector<std::atomic<int>> last_added(keys);
  std::atomic<bool> overlapped{false};
  std::vector<std::thread> workers;
  for (int i = 0; i < 4; ++i) {
    workers.emplace_back([&] {
      while (const auto item = queue.pop()) {
        const auto index = static_cast<std::size_t>(std::stoi(item->key.name));
        if (inside[index].fetch_add(1) != 0) overlapped = true;
        last_seen[index] = last_added[index].load();
        inside[index].fetch_sub(1);
        queue.done(item->key);
      }
    });
  }
  for (int i = 1; i <= adds; ++i) {
    const int index = i % keys;
    last_added[static_cast<std::size_t>(index)] = i;
    queue.add(key(std::to_string(index)), static_cast<Priority>(i % 4));
  }
  while (queue.depth() + queue.processing() > 0) std::this_thread::yield();
  queue.shut_down();
  for (auto& worker : workers) worker.join();
  EXPECT_FALSE(overlapped);
  for (int i = 0; i < keys; ++i) {
    EXPECT_EQ(last_seen[static_cast<std::size_t>(i)], last_added[static_cast<std::size_t>(i)]);
  }
}

}  // namespace
}  // namespace mosaic
