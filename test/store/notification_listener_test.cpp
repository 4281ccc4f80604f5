#include "store/notification_listener.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>

#include "store/async_connection.hpp"
#include "store/connection_string.hpp"
#include "test/store/postgres_harness.hpp"

namespace mosaic::conformance {
namespace {

class Recorder final : public StatusListener, public AccountListener {
 public:
  void on_status_moved(const ResourceKey& key) override { add("moved " + to_string(key)); }
  void on_statuses_missed() override { add("statuses missed"); }
  void on_account_changed(const std::string& id) override { add("account " + id); }
  void on_accounts_missed() override { add("accounts missed"); }

  // True when it was heard `times` times; false after ten seconds without.
  bool wait_for(const std::string& word, int times = 1) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(10), [&] {
      return std::count(heard_.begin(), heard_.end(), word) >= times;
    });
  }

 private:
  void add(std::string word) {
    const std::lock_guard lock(mutex_);
    heard_.push_back(std::move(word));
    changed_.notify_all();
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> heard_;
};

ListenerOptions quick() {
  ListenerOptions options;
  options.reconnect_shortest = Duration(5);
  return options;
}

struct Listening {
  PostgresHarness harness;
  Recorder recorder;
  NotificationListener subject{
      harness.database().options(), NotificationTargets{{recorder}, {recorder}}, {}, quick()};
  Listening() { subject.start(); }
};

TEST(NotificationListener, SaysThatEverythingWasMissedOnceItListens) {
  Listening it;
  EXPECT_TRUE(it.recorder.wait_for("statuses missed"));
  EXPECT_TRUE(it.recorder.wait_for("accounts missed"));
}

TEST(NotificationListener, HearsThatAPhaseMoved) {
  Listening it;
  it.harness.insert_agent(user_row(alice, "alice"));
  ASSERT_TRUE(it.recorder.wait_for("accounts missed"));
  it.harness.database().exec(R"(UPDATE "UserContainer" SET "phase" = 'running')");
  EXPECT_TRUE(it.recorder.wait_for("moved user/agent-alice"));
}

TEST(NotificationListener, HearsOfAnAccountByItsIdAndOfAllByNone) {
  Listening it;
  ASSERT_TRUE(it.recorder.wait_for("accounts missed"));
  it.harness.database().exec("SELECT pg_notify('mosaic_accounts', 'account-1')");
  EXPECT_TRUE(it.recorder.wait_for("account account-1"));
  it.harness.database().exec("SELECT pg_notify('mosaic_accounts', '')");
  EXPECT_TRUE(it.recorder.wait_for("accounts missed", 2));
}

TEST(NotificationListener, TakesAWordItDoesNotKnowForEverything) {
  Listening it;
  ASSERT_TRUE(it.recorder.wait_for("accounts missed"));
  it.harness.database().exec("SELECT pg_notify('mosaic_status', 'what a newer schema says')");
  EXPECT_TRUE(it.recorder.wait_for("statuses missed", 2));
}

// Once at the loss, so that nothing remembered is trusted meanwhile, and once when it hears again.
TEST(NotificationListener, SaysAtEveryLossAndAfterEveryReconnectThatEverythingWasMissed) {
  Listening it;
  it.harness.insert_agent(user_row(alice, "alice"));
  for (int round = 0; round < 3; ++round) {
    ASSERT_TRUE(it.recorder.wait_for("statuses missed", 2 * round + 1));
    ASSERT_TRUE(it.recorder.wait_for("accounts missed", 2 * round + 1));
    it.harness.database().kill_connections();
  }
  ASSERT_TRUE(it.recorder.wait_for("accounts missed", 7));
  it.harness.database().exec(R"(UPDATE "UserContainer" SET "endpoint" = '10.0.0.2:1')");
  EXPECT_TRUE(it.recorder.wait_for("moved user/agent-alice"));
}

TEST(NotificationListener, HearsWithinMillisecondsOfTheCommit) {
  Listening it;
  it.harness.insert_agent(user_row(alice, "alice"));
  ASSERT_TRUE(it.recorder.wait_for("accounts missed"));
  StopSignal never;
  AsyncConnection writer(never);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  ASSERT_EQ(writer.connect(libpq_connection_string(it.harness.database().options()), deadline),
            ConnectionOutcome::done);
  constexpr int rounds = 200;
  std::vector<double> delays;
  for (int round = 1; round <= rounds; ++round) {
    AsyncConnection::Rows rows;
    ASSERT_EQ(writer.run(R"(UPDATE "UserContainer" SET "endpoint" = $1)", {std::to_string(round)},
                         deadline, rows),
              ConnectionOutcome::done);
    const auto committed = std::chrono::steady_clock::now();
    ASSERT_TRUE(it.recorder.wait_for("moved user/agent-alice", round));
    delays.push_back(
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - committed)
            .count());
  }
  std::sort(delays.begin(), delays.end());
  RecordProperty("p50_us", static_cast<int>(delays[rounds / 2] * 1000));
  RecordProperty("p99_us", static_cast<int>(delays[rounds * 99 / 100] * 1000));
  // The answer of the commit may arrive after the notification, so small figures are all right. The bound is for a
  // busy machine.
  EXPECT_LT(delays[rounds / 2], 100.0);
}

TEST(NotificationListener, StopsAtOnceAlsoWithoutADatabase) {
  Recorder recorder;
  DatabaseOptions nowhere;
  nowhere.url = "postgresql://user@127.0.0.1:1/name";
  ListenerOptions slow;
  slow.reconnect_shortest = std::chrono::hours(1);
  NotificationListener subject(nowhere, NotificationTargets{{recorder}, {recorder}}, {}, slow);
  subject.start();
  const auto before = std::chrono::steady_clock::now();
  subject.stop();
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(1));
}

}  // namespace
}  // namespace mosaic::conformance
