// The database ends for good, and what takes its place has not heard of everything.
#include "test/faults/fault_test.hpp"
#include "test/faults/postgres_server.hpp"

namespace mosaic::faults {
namespace {

// A primary of the test's own, and the one address by which everybody reaches whoever is the primary.
struct OwnDatabase {
  std::unique_ptr<PostgresServer> primary = std::make_unique<PostgresServer>(folder_for("primary"));
  DatabaseProxy address{primary->url()};
};

class DatabaseFaults : private OwnDatabase, public FaultTest {
 protected:
  DatabaseFaults() : FaultTest(on_database(address.url())) {}

  void add_standby() {
    standby_ = std::make_unique<PostgresServer>(folder_for("standby" + std::to_string(++standbys_)),
                                                *primary);
  }
  void cut_off_standby() { standby_->stop_following(); }

  // What the standby has not heard of is lost.
  void fail_over() {
    primary->kill_hard();
    standby_->promote();
    primary = std::move(standby_);
    address.move_to(primary->port());
    ASSERT_TRUE(eventually_well(20s, [&]() -> std::string {
      try {
        fleet.database().reconnect();
        return "";
      } catch (const pqxx::broken_connection& error) {
        return error.what();
      }
    }));
  }

  std::string add_with_memory(const std::string& owner) {
    const auto id = agents.add(owner, true);
    EXPECT_TRUE(fleet.becomes(id, "running"));
    write_memory(owner);
    return id;
  }

 private:
  std::unique_ptr<PostgresServer> standby_;
  int standbys_ = 0;
};

TEST_F(DatabaseFaults, F06_FailoverLosesTheLastSeconds) {
  fault(6,
        "primary killed while its standby was cut off, and agents had come, gone, slept, been "
        "purged and a new leader "
        "had acted; the standby promoted",
        "S1 S2 S4 S7");
  agents.forgive_ends();  // the rows that asked for them are lost
  milliseconds longest{0};
  for (int count = injections(2); count > 0; --count) {
    const std::string number = std::to_string(count);
    const auto stays = add_with_memory("stays" + number);
    const auto sleeps = add_with_memory("sleeps" + number);
    const auto goes = add_with_memory("goes" + number);
    const auto purged = add_with_memory("purged" + number);
    ASSERT_TRUE(converges());
    const auto untouched = only_container_of(stays);
    const auto untouched_since = started_at(untouched);
    add_standby();
    cut_off_standby();
    const auto as_the_standby_knows = agents.picture();

    agents.apply(sleeps, Change::stop);
    agents.apply(goes, Change::drop);
    watch.volumes_may_go("purged" + number);
    agents.apply(purged, Change::purge);
    const auto lost = add_with_memory("lost" + number);
    const auto kept = only_container_of(lost);
    const auto former_term = term();
    kill_controller_and_restart();
    ASSERT_TRUE(eventually(20s, [&] { return term() > former_term; }));
    ASSERT_TRUE(eventually_well(heal_limit, [&] { return agents.unsettled(); }));
    const auto lost_term = term();
    look_for_rewrites();  // what the trap has caught so far goes as well

    fail_over();
    inject();
    as_the_standby_knows();
    watch.volumes_must_stay("purged" + number);
    const auto began = Time::now();
    ASSERT_TRUE(eventually(20s, [&] { return term() > former_term; }));
    EXPECT_GT(term(), lost_term) << "a term was handed out twice";
    // Nothing tells that anybody wanted the lost row's agent to go.
    ASSERT_TRUE(compares(3));
    EXPECT_EQ(only_container_of(lost), kept);
    for (const auto& id : {sleeps, goes, purged}) EXPECT_TRUE(fleet.becomes(id, "running"));
    EXPECT_EQ(only_container_of(stays), untouched) << "nothing of it was lost";
    EXPECT_EQ(started_at(untouched), untouched_since);
    longest = std::max(longest, since(began));
    // Its user, whom the fleet has never seen, comes again.
    const auto again = agents.add("lost" + number, true);
    ASSERT_TRUE(converges());
    EXPECT_NE(only_container_of(again), kept);
    for (const std::string owner : {"stays", "sleeps", "goes", "lost"})
      EXPECT_TRUE(remembers(owner + number)) << owner;
    for (const auto& id : {stays, sleeps, goes, purged, again}) agents.apply(id, Change::drop);
  }
  note("as the rows say again within " + std::to_string(longest.count()) + " ms");
  EXPECT_TRUE(converges());
}

}  // namespace
}  // namespace mosaic::faults
