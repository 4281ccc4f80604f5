// What happens when the server goes away, is slow, or refuses.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <pqxx/pqxx>
#include <thread>

#include "test/conformance/store/store_harness.hpp"
#include "test/store/postgres_harness.hpp"

namespace mosaic::conformance {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const StoreError& error) {
    return error.what();
  }
  return "no error";
}

TEST(DatabaseFaults, GoesOnAfterEveryConnectionWasCut) {
  PostgresHarness harness;
  harness.insert_agent(user_row(alice, "alice"));
  ASSERT_TRUE(harness.store().find_agent(alice).has_value());
  for (int round = 0; round < 5; ++round) {
    harness.database().kill_connections();
    EXPECT_TRUE(harness.store().write_status(alice, full_status(), 0));
    harness.database().kill_connections();
    EXPECT_TRUE(harness.store().find_agent(alice).has_value());
  }
}

TEST(DatabaseFaults, SharesFewConnectionsAmongManyThreads) {
  PostgresHarness harness;
  harness.insert_agent(user_row(alice, "alice"));
  std::atomic<int> found{0};
  std::vector<std::thread> threads;
  for (int index = 0; index < 16; ++index) {
    threads.emplace_back([&] {
      for (int round = 0; round < 50; ++round)
        found += harness.store().find_agent(alice).has_value() ? 1 : 0;
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(found, 800);
  EXPECT_LE(
      std::stoi(harness.database().value("SELECT count(*) FROM pg_stat_activity WHERE datname = "
                                         "current_database() AND application_name = 'mosaic'")),
      DatabaseOptions{}.connections);
}

// A row lock that another session holds until the object goes.
class HeldRow {
 public:
  explicit HeldRow(PostgresHarness& harness)
      : connection_(harness.database().options().url), lock_(connection_) {
    lock_.exec(R"(SELECT 1 FROM "UserContainer" FOR UPDATE)");
  }

 private:
  pqxx::connection connection_;
  pqxx::work lock_;
};

bool somebody_waits_for_a_lock(TestDatabase& database) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (std::chrono::steady_clock::now() < deadline) {
    if (database.value(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND "
            "wait_event_type = 'Lock'") != "0") {
      return true;
    }
  }
  return false;
}

TEST(DatabaseFaults, SaysWhenEveryConnectionIsBusy) {
  PostgresHarness harness;
  harness.insert_agent(user_row(alice, "alice"));
  DatabaseOptions options = harness.database().options();
  options.connections = 1;
  options.acquire_timeout = std::chrono::milliseconds(50);
  Database pool(options);
  PostgresStore store(pool);
  auto held = std::make_unique<HeldRow>(harness);
  std::thread waiting([&] { EXPECT_TRUE(store.touch(alice, at(1))); });
  EXPECT_TRUE(somebody_waits_for_a_lock(harness.database()));
  EXPECT_EQ(error_of([&] { store.lease(); }),
            "all 1 database connections have been busy for 50 ms");
  held.reset();
  waiting.join();
  EXPECT_EQ(store.lease().term, 0);
}

TEST(DatabaseFaults, SaysWhenTheServerIsTooSlow) {
  PostgresHarness harness;
  harness.insert_agent(user_row(alice, "alice"));
  DatabaseOptions options = harness.database().options();
  options.statement_timeout = std::chrono::milliseconds(100);
  Database pool(options);
  PostgresStore store(pool);
  auto held = std::make_unique<HeldRow>(harness);
  EXPECT_EQ(error_of([&] { store.touch(alice, at(1)); }),
            "the database refused 'touch': it took longer than the statement time-out");
  held.reset();
  EXPECT_TRUE(store.touch(alice, at(1)));
}

// A server process that is stopped in mid-life: its sockets stay open and nothing comes from them.
class StoppedBackend {
 public:
  explicit StoppedBackend(TestDatabase& database, const std::string& application)
      : process_(std::stoi(database.value(
            "SELECT pid FROM pg_stat_activity WHERE application_name = '" + application + "'"))) {
    if (kill(process_, SIGSTOP) != 0) throw std::runtime_error("cannot stop the server's process");
  }
  ~StoppedBackend() { kill(process_, SIGCONT); }
  StoppedBackend(const StoppedBackend&) = delete;
  StoppedBackend& operator=(const StoppedBackend&) = delete;

 private:
  const pid_t process_;
};

TEST(DatabaseFaults, GivesUpOnAServerThatStandsStill) {
  PostgresHarness harness;
  harness.insert_agent(user_row(alice, "alice"));
  DatabaseOptions options = harness.database().options();
  options.connections = 1;
  options.statement_timeout = std::chrono::milliseconds(200);
  options.answer_grace = std::chrono::milliseconds(300);
  options.application_name = "frozen";
  Database pool(options);
  PostgresStore store(pool);
  EXPECT_EQ(store.lease().term, 0);
  const StoppedBackend stopped(harness.database(), "frozen");
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_THAT(error_of([&] { store.touch(alice, at(1)); }),
              HasSubstr("the database has not answered 'touch' for 500 ms"));
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(500));
  // The connection was given up, so the next operation has one of its own.
  EXPECT_EQ(store.lease().term, 0);
}

TEST(DatabaseFaults, TellsHowLongOperationsWaitForAConnection) {
  PostgresHarness harness;
  DatabaseOptions options = harness.database().options();
  std::atomic<int> told{0};
  options.on_acquired = [&](std::chrono::steady_clock::duration waited) {
    EXPECT_GE(waited.count(), 0);
    ++told;
  };
  Database pool(options);
  pool.ping();
  pool.ping();
  EXPECT_EQ(told, 2);
}

TEST(DatabaseFaults, NamesAServerThatIsNotThereWithoutItsPassword) {
  DatabaseOptions options;
  options.url = "postgresql://user:sesame@127.0.0.1:1/name";
  Database pool(options);
  PostgresStore store(pool);
  const std::string message = error_of([&] { store.lease(); });
  EXPECT_THAT(message, HasSubstr("cannot connect to the database: "));
  EXPECT_THAT(message, HasSubstr("127.0.0.1"));
  EXPECT_THAT(message, Not(HasSubstr("sesame")));
  EXPECT_THAT(message, Not(HasSubstr("\n")));
}

TEST(DatabaseFaults, SaysWhatToDoAboutAMissingSchema) {
  TestDatabase database(TestDatabase::Content::empty);
  Database pool(database.options());
  PostgresStore store(pool);
  EXPECT_THAT(error_of([&] { store.lease(); }), HasSubstr("run 'mosaic migrate'"));
}

TEST(DatabaseFaults, RepeatsNoValueOfARowInAnError) {
  PostgresHarness harness;
  harness.database().exec(
      R"(ALTER TABLE "SystemConfig" ADD CONSTRAINT no_secrets CHECK ("value" <> 'sesame'))");
  const std::string message = error_of([&] { harness.store().put_setting("fleet.x", "sesame"); });
  EXPECT_THAT(message, HasSubstr("23514"));
  EXPECT_THAT(message, Not(HasSubstr("sesame")));
}

TEST(DatabaseFaults, LosesNoActivityToTwoFlushesAtOnce) {
  PostgresHarness harness;
  std::map<ResourceKey, TimePoint> busy;
  for (int index = 0; index < 40; ++index) {
    const std::string name = "n" + std::to_string(index);
    const ResourceKey key(ResourceKind::user_container, name);
    harness.insert_agent(user_row(key, name));
    busy[key] = at(1000);
  }
  std::vector<std::thread> threads;
  for (int writer = 0; writer < 4; ++writer) {
    threads.emplace_back([&, writer] {
      for (int round = 0; round < 20; ++round)
        harness.store().record_activity({"api", at(writer * 20 + round), busy, {}});
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(
      harness.database().value(R"(SELECT count(DISTINCT "lastActiveAt") FROM "UserContainer")"),
      "1");
  EXPECT_EQ(harness.store().find_agent(busy.begin()->first)->last_active_at, at(79));
}

// What one process records while another's write waits for the same row must not be missed by that write.
TEST(DatabaseFaults, LosesNoHoldToAnotherProcessThatTakesItsOwnBack) {
  PostgresHarness harness;
  harness.insert_agent(user_row(alice, "alice"));
  std::atomic<int> lost{0};
  std::vector<std::thread> processes;
  for (int index = 0; index < 4; ++index) {
    processes.emplace_back([&, process = "process-" + std::to_string(index), index] {
      for (int round = 0; round < 50; ++round) {
        const TimePoint until = at(10'000 * (round + 1) + index);
        harness.store().record_activity({process, at(round), {{alice, until}}, {}});
        if (harness.store().find_agent(alice)->busy_until < until) ++lost;
        harness.store().record_activity({process, at(round), {}, {{alice, until}}});
      }
    });
  }
  for (auto& process : processes) process.join();
  EXPECT_EQ(lost, 0);
  EXPECT_LE(harness.store().find_agent(alice)->busy_until, at(50));
}

}  // namespace
}  // namespace mosaic::conformance
