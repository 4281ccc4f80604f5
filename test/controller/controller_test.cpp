#include "controller/controller.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <mutex>

#include "test/fakes/fake_clock.hpp"

namespace mosaic {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class ScriptedReconciler final : public Reconciler {
 public:
  Outcome reconcile(const ResourceKey& key) override {
    ++calls;
    return script(key);
  }
  std::atomic<int> calls{0};  // by every worker
  std::function<Outcome(const ResourceKey&)> script = [](const ResourceKey&) { return Outcome{}; };
};

class FixedLeadership final : public Leadership {
 public:
  std::optional<Term> term() const override { return present; }
  std::optional<Term> present = 1;
};

class RecordingObserver final : public ControllerObserver {
 public:
  void on_reconcile_begin(const ResourceKey&) override {}
  void on_reconcile_end(const ResourceKey&, ReconcileResult result, std::chrono::nanoseconds,
                        std::string_view error) override {
    const std::lock_guard lock(mutex);
    results.push_back(result);
    errors.emplace_back(error);
  }
  std::vector<ReconcileResult> results;
  std::vector<std::string> errors;
  std::mutex mutex;  // workers tell it at the same time
};

class ControllerTest : public testing::Test {
 protected:
  ControllerTest() { queue.add(key, Priority::spec_change); }

  FakeClock clock;
  WorkQueue queue{clock, WorkQueueSettings{}};
  FixedLeadership leadership;
  ScriptedReconciler reconciler;
  RecordingObserver observer;
  Controller controller{
      clock, queue, leadership, {{ResourceKind::user_container, &reconciler}}, observer};
  const ResourceKey key{ResourceKind::user_container, "a"};
};

TEST_F(ControllerTest, SuccessEndsTheRowOfFailures) {
  queue.add_rate_limited(key, Priority::resync);
  ASSERT_TRUE(controller.process_next());
  EXPECT_EQ(queue.failures(key), 0);
  EXPECT_EQ(observer.results, std::vector{ReconcileResult::success});
}

TEST_F(ControllerTest, SuccessCancelsAnOlderTimer) {
  queue.add_after(key, seconds(5), Priority::resync);
  ASSERT_TRUE(controller.process_next());
  clock.advance(seconds(6));
  EXPECT_FALSE(controller.process_next());
}

TEST_F(ControllerTest, RequeueAfterComesBackAtItsTime) {
  reconciler.script = [](const ResourceKey&) { return Outcome{seconds(7), Priority::resync}; };
  ASSERT_TRUE(controller.process_next());
  clock.advance(milliseconds(6999));
  EXPECT_FALSE(controller.process_next());
  clock.advance(milliseconds(1));
  EXPECT_TRUE(controller.process_next());
}

TEST_F(ControllerTest, AnErrorIsTriedAgainWithBackOff) {
  reconciler.script = [](const ResourceKey&) -> Outcome {
    throw std::runtime_error("engine away");
  };
  ASSERT_TRUE(controller.process_next());
  EXPECT_FALSE(controller.process_next());
  clock.advance(milliseconds(61));
  EXPECT_TRUE(controller.process_next());
  EXPECT_EQ(queue.failures(key), 2);
  EXPECT_EQ(observer.errors.back(), "engine away");
}

TEST_F(ControllerTest, AThingThatIsNoExceptionIsAnErrorToo) {
  reconciler.script = [](const ResourceKey&) -> Outcome { throw 7; };
  ASSERT_TRUE(controller.process_next());
  EXPECT_EQ(observer.results.back(), ReconcileResult::error);
}

TEST_F(ControllerTest, ATerminalErrorIsNotTriedAgainUntilSomethingChanges) {
  reconciler.script = [](const ResourceKey&) -> Outcome { throw TerminalError("bad name"); };
  ASSERT_TRUE(controller.process_next());
  clock.advance(seconds(600));
  EXPECT_FALSE(controller.process_next());
  queue.add(key, Priority::spec_change);
  EXPECT_TRUE(controller.process_next());
}

TEST_F(ControllerTest, WithoutLeadershipNothingIsReconciled) {
  leadership.present.reset();
  ASSERT_TRUE(controller.process_next());
  EXPECT_EQ(reconciler.calls, 0);
  EXPECT_EQ(observer.results, std::vector{ReconcileResult::not_leader});
}

TEST_F(ControllerTest, AKeyThatIsAddedWhileInProcessIsProcessedAgain) {
  reconciler.script = [&](const ResourceKey& k) {
    if (reconciler.calls == 1) queue.add(k, Priority::crash);
    return Outcome{};
  };
  EXPECT_TRUE(controller.process_next());
  EXPECT_TRUE(controller.process_next());
  EXPECT_FALSE(controller.process_next());
}

TEST_F(ControllerTest, OnePoisonKeyDoesNotKeepOthersFromBeingProcessed) {
  reconciler.script = [&](const ResourceKey& k) -> Outcome {
    if (k == key) throw std::runtime_error("poison");
    return {};
  };
  queue.add(ResourceKey(ResourceKind::user_container, "b"), Priority::resync);
  EXPECT_TRUE(controller.process_next());
  EXPECT_TRUE(controller.process_next());
  EXPECT_EQ(observer.results.back(), ReconcileResult::success);
}

TEST_F(ControllerTest, WorkersDrainBeforeTheyStop) {
  controller.start(3);
  for (int i = 0; i < 100; ++i) {
    queue.add(ResourceKey(ResourceKind::user_container, std::to_string(i)), Priority::resync);
  }
  EXPECT_TRUE(controller.stop(seconds(30)));
  EXPECT_EQ(queue.processing(), 0U);
}

}  // namespace
}  // namespace mosaic
