#include "api/worker_pool.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

namespace mosaic {
namespace {

TEST(WorkerPool, RefusesWhatDoesNotFit) {
  std::promise<void> started;
  std::promise<void> release;
  const auto released = release.get_future().share();
  WorkerPool pool(1, 2);
  ASSERT_TRUE(pool.try_submit([&] {
    started.set_value();
    released.wait();
  }));
  started.get_future().wait();
  EXPECT_TRUE(pool.try_submit([] {}));
  EXPECT_TRUE(pool.try_submit([] {}));
  EXPECT_FALSE(pool.try_submit([] {}));
  release.set_value();
}

TEST(WorkerPool, StopWaitsForWhatRunsAndTakesNothingMore) {
  std::atomic<bool> finished = false;
  std::promise<void> started;
  WorkerPool pool(2, 10);
  ASSERT_TRUE(pool.try_submit([&] {
    started.set_value();
    finished = true;
  }));
  started.get_future().wait();
  pool.stop();
  EXPECT_TRUE(finished);
  EXPECT_FALSE(pool.try_submit([] {}));
  pool.stop();
}

}  // namespace
}  // namespace mosaic
