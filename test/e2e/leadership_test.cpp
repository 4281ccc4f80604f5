// Several controllers, one leader: who acts, and how leadership passes on.
#include <signal.h>

#include "test/e2e/fleet.hpp"

namespace mosaic::e2e {
namespace {

using namespace std::chrono_literals;

class Leadership : public FleetTest {
 protected:
  void insert_awake_users(int count) {
    for (int number = 1; number <= count; ++number) {
      const std::string id = "c" + std::to_string(number);
      fleet.insert_user(id, "user" + std::to_string(number));
      fleet.touch(id);
    }
  }

  std::int64_t term() {
    return fleet.database().sql(R"(SELECT "term" FROM "ControllerLease")")[0][0].as<std::int64_t>();
  }
};

TEST_F(Leadership, OfTwoControllersOneActs) {
  ASSERT_TRUE(fleet.leads());
  const auto first = fleet.lease_holder();
  const auto first_term = term();
  auto second = fleet.another_controller("second");
  insert_awake_users(4);
  for (int number = 1; number <= 4; ++number)
    ASSERT_TRUE(fleet.becomes("c" + std::to_string(number), "running"));
  EXPECT_EQ(fleet.lease_holder(), first);
  EXPECT_EQ(term(), first_term);
  EXPECT_EQ(fleet.engine().containers(fleet.instance()).size(), 4u);

  // The one that waits takes over without waiting for the lease to expire, and finds everything as it is.
  fleet.controller().kill_hard();
  ASSERT_TRUE(eventually_well(
      5s, [&]() -> std::string { return term() > first_term ? "" : "still the first one's"; }));
  fleet.set_user("c1", R"("desiredState" = 'stopped')");
  EXPECT_TRUE(fleet.becomes("c1", "stopped"));
  EXPECT_EQ(fleet.engine().containers(fleet.instance()).size(), 4u);
  second.signal(SIGTERM);
  EXPECT_EQ(second.wait(30s), 0);
}

TEST_F(Leadership, SuspendedLeaderDoesNothingAfterItsLeaseHasPassedOn) {
  ASSERT_TRUE(fleet.leads());
  const auto first_term = term();
  insert_awake_users(2);
  ASSERT_TRUE(fleet.becomes("c1", "running"));
  fleet.controller().signal(SIGSTOP);
  auto second = fleet.another_controller("second");
  // It lives, so the lease has to run out first.
  ASSERT_TRUE(eventually_well(
      30s, [&]() -> std::string { return term() > first_term ? "" : "still the first one's"; }));
  const auto second_holder = fleet.lease_holder();
  fleet.set_user("c1", R"("desiredState" = 'stopped')");
  ASSERT_TRUE(fleet.becomes("c1", "stopped"));
  fleet.controller().signal(SIGCONT);
  fleet.set_user("c1", R"("desiredState" = 'running')");
  ASSERT_TRUE(fleet.becomes("c1", "running"));
  EXPECT_EQ(fleet.lease_holder(), second_holder);
  EXPECT_EQ(fleet.containers_of("c1").size(), 1u);
}

TEST_F(Leadership, ShutdownUnderLoadIsOrderlyAndTheSuccessorStartsAtOnce) {
  ASSERT_TRUE(fleet.leads());
  const auto first_term = term();
  insert_awake_users(12);
  ASSERT_TRUE(
      eventually(20s, [&] { return !fleet.engine().containers(fleet.instance()).empty(); }));
  const auto asked = std::chrono::steady_clock::now();
  fleet.controller().signal(SIGTERM);
  const auto code = fleet.controller().wait(30s);
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - asked);
  ASSERT_EQ(code, 0) << "after " << took.count() << " ms";
  EXPECT_EQ(fleet.lease_holder(), "");
  RecordProperty("shutdown_ms", static_cast<int>(took.count()));
  std::cout << "shutdown under load took " << took.count() << " ms\n";

  fleet.start_controller();
  ASSERT_TRUE(eventually_well(
      3s, [&]() -> std::string { return term() > first_term ? "" : "nobody took over"; }));
  for (int number = 1; number <= 12; ++number)
    ASSERT_TRUE(fleet.becomes("c" + std::to_string(number), "running", 60s));
  EXPECT_EQ(fleet.engine().containers(fleet.instance()).size(), 12u);
}

}  // namespace
}  // namespace mosaic::e2e
